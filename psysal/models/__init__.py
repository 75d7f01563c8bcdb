"""Models: stages composed, one module a paper; each a callable from an image to a map.

Place in the pipeline: image -> [models] -> map -> evaluation.

    murray2011, murray2013    saliency; with grouping
    otazu                     the image as it looks
    learned, readout          saliency that learned
    itti1998 ... hou2012      classical models, to compare with
    baselines                 maps that do not look
    maps, onnx, network       maps and networks of others
"""
