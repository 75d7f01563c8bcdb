"""Learning: readouts and model parameters fitted to fixations.

Place in the pipeline: features and fixations -> [learning] -> models.

    examples         features and fixation densities, an image at a time; loss of a readout on them
    linear           linear readouts, by L-BFGS
    adam             readouts with hidden units, by Adam
    training_set     photographs of a data set: features on disk, fixations on the grid
    calibration      factor of the logits that suits photographs of another kind
    train            readouts cross-validated over photographs, and the file of one
    contrast_grid    contrast of the 2011 model on a coarse grid, and the map from it
    refit            windows and contrast sensitivity of the 2011 model, fitted
"""
