"""Evaluation of saliency maps against human fixations.

Place in the pipeline: ... -> map -> [evaluation] -> scores.  Maps and fixations enter as arrays;
a metric gives one number a map.

    metrics       the profile "exact": all pairs of pixels counted, nothing drawn or resized
    mit           the profile "mit": the conventions of the MIT benchmark's MATLAB programs
    tuebingen     the profile "tuebingen": the best map of one density for every metric
    profiles      registry of the metrics of all three
    density       fixations, and maps, as densities
    calibration   maps fitted to fixations, as densities
    submission    log densities as a benchmark takes them
    references    center bias and the other observers
    precheck      names, sizes and content of maps, before the first score
    scanpaths     scanpaths against one another, and the next fixation of each
    named_models  models by name, and strings for them
    compare       models on a whole data set
    training      photographs that models were trained on
    summary       means with intervals, and paired differences
    sets          several data sets in one table
    experiment    sets, models and options in one file
    divergences   losses between densities, with gradients, for training

The same name means different numbers in the literature; here it means one in each profile.
"""
