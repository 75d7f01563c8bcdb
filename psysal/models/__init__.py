"""Models: stages composed, one module a paper; each a callable from an image to a map.

Place in the pipeline: image -> [models] -> map -> evaluation.

    murray2011, murray2013    saliency; with grouping
    otazu                     perceived brightness and color
    learned, trained          saliency trained on fixations
    front_ends, layer_file    what a readout reads of an image
    readout, convolution      how it reads it
    itti1998 ... hou2012      classical models, to compare with
    baselines                 maps that do not depend on the image
    precomputed               maps of other programs
    onnx, network, onnx_graph networks of other programs, and of deep
    registry, base            all of them by name; the base that they share
"""
