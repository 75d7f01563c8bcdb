"""The stages of the models, in the order light meets them.

Place in the pipeline: image -> [vision] -> models.

    color, wavelet, contrast, csf    the steps, one at a time
    channel                          all of them at once
    grouping, resize                 what the model of 2013 does besides
    features                         planes for a learned readout
    kernels, grouping_kernels        the compiled loops; workspace their memory
"""
