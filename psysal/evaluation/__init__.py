"""Evaluation of saliency maps against human fixations.

Place in the pipeline: ... -> map -> [evaluation] -> scores.  Maps and fixations enter as arrays;
a metric gives one number a map.

    metrics       the profile "exact": all pairs of pixels counted, nothing drawn or resized
    mit           the profile "mit": the conventions of the MIT benchmark's MATLAB programs
    profiles      registry of the metrics of both
    density       fixations, and maps, as densities
    references    center bias and human ceiling
    scanpaths     scanpaths against one another, and the next fixation of each
    compare       models on a whole data set
    summary       means with intervals, and paired differences
    divergences   losses between densities, with gradients, for training

The same name means different numbers in the literature; here it means one in each profile.
"""
