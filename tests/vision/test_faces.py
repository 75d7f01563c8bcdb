"""Faces: a detector in a file, and its plane among the features.

The detector is a network made here, of the outputs that ``cv2.FaceDetectorYN`` reads: it finds a
"face" in every cell of 8, 16 or 32 pixels that is white. The variable PSYSAL_FACES names the file
of a real one; without it that test is skipped.
"""

import os
import pickle
from pathlib import Path

import numpy as np
import pytest
import skimage.data

from psysal.models.front_ends import decode_front_end
from psysal.models.readout import Readout
from psysal.models.trained import Trained
from psysal.vision.faces import FaceDetector
from psysal.vision.features import Psychophysical

onnx = pytest.importorskip("onnx")
ONLY = {"windows": (), "energy": False, "color": False, "rarity": False, "symmetry": False}


def detector(path, extent=0.0):
    """A file whose faces are white cells, exp(extent) times as wide and high as a cell of 8."""
    nodes, outputs = [], []
    weights = {"white": np.float32(254), "zero": np.float32(0), "one": np.float32(1)}
    helper = onnx.helper
    for stride in (8, 16, 32):
        cells = f"cells{stride}"
        nodes += [
            helper.make_node("AveragePool", ["image"], [f"mean{stride}"], kernel_shape=[stride] * 2,
                             strides=[stride] * 2),
            helper.make_node("ReduceMean", [f"mean{stride}"], [f"grey{stride}"], axes=[1]),
            helper.make_node("Sub", [f"grey{stride}", "white"], [f"above{stride}"]),
            helper.make_node("Clip", [f"above{stride}", "zero", "one"], [cells]),
        ]  # fmt: skip
        for kind, width in {"cls": 1, "obj": 1, "bbox": 4, "kps": 10}.items():
            gain = np.zeros((width, 1, 1, 1), np.float32)
            bias = np.zeros(width, np.float32)
            if kind in ("cls", "obj"):
                gain[:] = 1 if stride == 8 else 0  # faces of one size only
            if kind == "bbox":
                bias[:2], bias[2:] = 0.5, extent  # in the middle of the cell
            name = f"{kind}_{stride}"
            weights |= {f"{name}.gain": gain, f"{name}.bias": bias}
            weights[f"{name}.shape"] = np.array([1, -1, width], np.int64)
            nodes += [
                helper.make_node("Conv", [cells, f"{name}.gain", f"{name}.bias"], [f"{name}.map"],
                                 kernel_shape=[1, 1]),
                helper.make_node("Transpose", [f"{name}.map"], [f"{name}.last"], perm=[0, 2, 3, 1]),
                helper.make_node("Reshape", [f"{name}.last", f"{name}.shape"], [name]),
            ]  # fmt: skip
            outputs.append(helper.make_tensor_value_info(name, 1, [1, "n", width]))
    image = helper.make_tensor_value_info("image", 1, [1, 3, "rows", "cols"])
    values = [onnx.numpy_helper.from_array(np.asarray(v), n) for n, v in weights.items()]
    graph = helper.make_graph(nodes, "faces", [image], outputs, values)
    onnx.save(
        helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8), path
    )
    return path


@pytest.fixture
def file(tmp_path):
    return detector(tmp_path / "faces.onnx")


def picture(shape=(96, 128), cells=((5, 3),)):
    """A black picture with white cells of 8 x 8 pixels, by their column and row."""
    pixels = np.zeros((*shape, 3), np.uint8)
    for col, row in cells:
        pixels[8 * row : 8 * row + 8, 8 * col : 8 * col + 8] = 255
    return pixels


def test_faces_are_where_the_detector_finds_them(file):
    found = FaceDetector(file).boxes(picture(cells=[(5, 3), (12, 9)]))
    np.testing.assert_allclose(sorted(map(tuple, found)), [(40, 24, 8, 8, 1), (96, 72, 8, 8, 1)])
    assert FaceDetector(file).boxes(picture(cells=[])).shape == (0, 5)


@pytest.mark.parametrize("shape", [(96, 128), (128, 96), (100, 123)])
def test_the_plane_has_a_gaussian_over_every_face(tmp_path, shape):
    """Half as wide as the face, which is four times as wide as a cell here."""
    path = detector(tmp_path / "wide.onnx", extent=np.log(4))
    plane = FaceDetector(path)(picture(shape) / 255, (30, 40))
    y, x = (np.arange(30) + 0.5) * shape[0] / 30, (np.arange(40) + 0.5) * shape[1] / 40
    wanted = np.exp(-0.5 * ((x - 44) ** 2 + (y[:, None] - 28) ** 2) / 16**2)
    np.testing.assert_allclose(plane, wanted, atol=1e-5)


def test_faces_are_the_last_plane_and_change_no_other(file, photograph):
    photograph = photograph.copy()
    photograph[:64, :64] = 255
    own, plain = Psychophysical(faces=file), Psychophysical()
    assert own.names == (*plain.names, "faces")
    planes = own(photograph)
    np.testing.assert_array_equal(planes[:-1], plain(photograph))
    assert planes[-1].max() > 0.5
    assert len(Psychophysical(**ONLY, faces=file)(photograph[:, :, 0])) == 1


def test_large_pictures_are_looked_at_in_a_smaller_copy(file):
    front = Psychophysical(**ONLY, faces=file)
    large = picture((1200, 1600), cells=[])
    large[320:336, 480:496] = 255  # a cell in the copy of half the size
    row, col = np.unravel_index(front(large)[0].argmax(), (36, 48))
    assert (row, col) == (328 * 36 // 1200, 488 * 48 // 1600)


def test_a_description_makes_the_same_front_end_also_beside_the_readout(file, tmp_path):
    front = Psychophysical(**ONLY, faces=file)
    about = front.describe()
    assert decode_front_end(about, Path("elsewhere")) == front
    moved = tmp_path / "moved"
    moved.mkdir()
    file.rename(moved / file.name)
    assert decode_front_end(about, moved).names == ("faces",)
    assert "faces" not in Psychophysical().describe()["psychophysical"]
    with pytest.raises(ValueError, match=r"a face detector .* was expected, found nothing"):
        decode_front_end(about, tmp_path)
    detector(moved / file.name, extent=1.0)
    with pytest.raises(ValueError, match="another detector of faces than"):
        decode_front_end(about, moved)


def test_a_readout_of_faces_looks_at_faces(file):
    front = Psychophysical(**ONLY, faces=file)
    readout = Readout((0,), np.zeros(1), np.ones(1), np.full((1, 1), 3.0))
    logits = pickle.loads(pickle.dumps(Trained(front, readout, np.zeros((2, 2)), 0.0))).logits(
        picture()
    )
    assert np.unravel_index(logits.argmax(), logits.shape) == (10, 16)


@pytest.mark.parametrize("content", [b"", b"no network", "deep"])
def test_other_files_are_refused_in_a_sentence(tmp_path, capfd, content):
    path = tmp_path / "other.onnx"
    if content == "deep":
        import psysal

        content = Path(psysal.__file__).with_name("models").joinpath("deep.onnx").read_bytes()
    path.write_bytes(content)
    with pytest.raises(ValueError, match=r"a face detector of .* expected, found another"):
        Psychophysical(faces=path)
    assert capfd.readouterr() == ("", "")
    for wrong, found in ((tmp_path, "a folder"), (tmp_path / "none", "nothing")):
        with pytest.raises(ValueError, match=f"a face detector .* was expected, found {found}"):
            Psychophysical(faces=wrong)


def test_a_real_detector_finds_the_astronaut():
    if not (real := os.environ.get("PSYSAL_FACES")):
        pytest.skip("PSYSAL_FACES names no file of a detector of faces")
    plane = Psychophysical(**ONLY, faces=real)(skimage.data.astronaut())[0]
    row, col = np.unravel_index(plane.argmax(), plane.shape)
    assert abs(np.array([row, col]) - (11, 21)).max() <= 2
