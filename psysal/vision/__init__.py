"""Stages of the models, in the order of early vision.

Place in the pipeline: image -> [vision] -> models.

    color, wavelet, contrast, csf    the steps, one at a time
    stationary                       the second step with wavelets of PyWavelets
    channel                          all of them fused
    grouping, resize                 more steps of the model of 2013
    features, conspicuity, faces     planes for a learned readout
    kernels, grid_kernels,           the compiled loops
    grouping_kernels,
    stationary_kernels
    kernel_cache                     what of them is kept on disk
    workspace                        memory of the loops
"""
