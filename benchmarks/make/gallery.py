"""Draw the pictures of docs/gallery.md by the lines of code that are on it.

    python benchmarks/make/gallery.py

A block of Python with a picture below ends in an expression, whose figure is that picture.  The
data set of the page, "mine", is made here: scikit-image's photographs, and viewers simulated
from the map of ``learned``.
"""

import ast
import io
import os
import re
from pathlib import Path
from tempfile import TemporaryDirectory

import matplotlib.pyplot as plt
import skimage.data
from PIL import Image

import psysal
from psysal import plots

PAGE = Path(__file__).parents[2] / "docs" / "gallery.md"
BLOCK = re.compile(r"```python\n(.*?)```\n(?:\n\[!\[.*?\]\((gallery/.*?)\))?", re.DOTALL)
TOML = 'images = "*.png"\nfixations = "fixations.csv"\nppd = 16\n'


def blocks(text):
    """Blocks of Python of the page, and the names of their pictures, or ""."""
    return BLOCK.findall(text)


def figure_of(code, names):
    """Run a block; the figure that its last expression has drawn."""
    tree = ast.parse(code)
    last = tree.body.pop()
    if not isinstance(last, ast.Expr):
        raise ValueError(f"a picture is of an expression; the block ends in {ast.unparse(last)}")
    exec(compile(tree, "gallery.md", "exec"), names)
    return eval(compile(ast.Expression(last.value), "gallery.md", "eval"), names).figure


def data_set(folder):
    """A small data set of photographs and simulated viewers."""
    folder.mkdir()
    lines = ["image,subject,x,y"]
    for name in ("coffee", "chelsea", "astronaut", "rocket"):
        pixels = getattr(skimage.data, name)()[::2, ::2]
        Image.fromarray(pixels).save(folder / f"{name}.png")
        paths = psysal.scanpath(
            pixels, model="learned", rule="saccades", viewers=15, fixations=6, ppd=16
        )
        for viewer, path in enumerate(paths.positions):
            lines += [f"{name}.png,{viewer},{x:.1f},{y:.1f}" for x, y in path]
    (folder / "fixations.csv").write_text("\n".join(lines) + "\n")
    (folder / "dataset.toml").write_text(TOML)


def main():
    plt.switch_backend("agg")
    (PAGE.parent / "gallery").mkdir(exist_ok=True)
    names, text = {}, PAGE.read_text()
    with TemporaryDirectory() as desk:
        os.chdir(desk)
        data_set(Path("mine"))
        for code, picture in blocks(text):
            if not picture:
                exec(compile(code, "gallery.md", "exec"), names)
                continue
            plt.close("all")
            plt.figure(figsize=(4.8, 3.3), layout="constrained")
            drawn = Image.open(io.BytesIO(plots.png(figure_of(code, names)))).convert("RGB")
            drawn.save(PAGE.parent / picture, quality=82, method=6)
            print(picture, drawn.size, (PAGE.parent / picture).stat().st_size)


if __name__ == "__main__":
    main()
