"""Models: stages composed, one module a paper; each a callable from an image to a map.

Place in the pipeline: image -> [models] -> map -> evaluation.

    murray2011, murray2013    saliency; with grouping
    otazu                     perceived brightness and color
    learned, trained          saliency trained on fixations
    training_data             data that it was trained on
    front_ends, layer_file    what a readout reads of an image
    readout, convolution      how it reads it
    itti1998 ... zhang2013    classical models, as their authors run them
    quaternion                transform of colors that three of them share
    itti_paper                that of 1998 by the equations of its paper
    classical_steps,          what their programs share; the compiled loops
    classical_kernels,
    seo_kernels, torralba_kernels
    gbvs_features             features of two of them
    baselines                 maps that do not depend on the image
    precomputed, map_stores   maps of other programs; in HDF5 and Zarr
    onnx, network, onnx_graph networks of other programs, and of deep
    registry                  all of them by name
    base, staged              the base that they share; that of models whose stages are shown
"""
