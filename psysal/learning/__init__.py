"""Learning: what people looked at -> readouts and parameters that predict it.

Place in the pipeline: features and fixations -> [learning] -> models.

    photographs    features on disk and where people looked, on the grid
    fit            a readout fitted to examples, by any divergence
    train          fitted and scored over folds of photographs; the file of it
    refit          windows and contrast sensitivity of the 2011 model itself
"""
