"""The help has examples that parse, errors name options, and Tab completes."""

import ast
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from support.terminal import psysal_
from typer.main import get_command

import psysal
from psysal.cli import completion
from psysal.cli.commands import app
from psysal.cli.console import name_options, with_options

ROOT = Path(psysal.__file__).parent


def leaves(command, name=""):
    """Commands without subcommands, by their words."""
    subcommands = getattr(command, "commands", None)
    if subcommands is None:
        yield name.strip(), command
        return
    for word, each in subcommands.items():
        yield from leaves(each, f"{name} {word}")


COMMANDS = dict(leaves(get_command(app)))


@pytest.mark.parametrize("name", [*COMMANDS, "search", ""])
def test_the_help_has_examples_that_parse_and_fit_80_columns(name):
    root = get_command(app)
    command = COMMANDS.get(name) or (root.commands[name] if name else root)
    head, *examples = command.epilog.split("\n\n")
    assert head == "Examples:"
    assert examples
    status, out, _ = psysal_(*name.split(), "--help", columns=80)
    assert status == 0
    assert max(map(len, out.splitlines())) <= 80
    for example in examples:
        assert example in out
        words = shlex.split(re.sub(r'^eval "\$\((.*)\)"$|( > \S+)$', r"\1", example))
        assert words[: 1 + len(name.split())] == ["psysal", *name.split()]
        if name in COMMANDS:
            command.make_context(name, words[1 + len(name.split()) :])


# --- errors ------------------------------------------------------------------

PYTHON = re.compile(r"(?<![\w/])[a-z_]+=(?!=)|psysal\.[a-z_.]+\(|\bself\.|Errno|to psysal\.")


def sentences():
    """Sentences of the library that name arguments, with X in place of what is filled in."""
    for path in sorted(ROOT.rglob("*.py")):
        if path.parts[len(ROOT.parts)] in ("cli", "explorer", "plots"):
            continue
        tree = ast.parse(path.read_text("utf-8"))
        for node in ast.walk(tree):
            if isinstance(node, ast.Raise) and node.exc:
                whole = [part for part in ast.walk(node.exc) if isinstance(part, ast.JoinedStr)]
                pieces = {id(value) for part in whole for value in part.values}
                for part in ast.walk(node.exc):
                    if id(part) in pieces:
                        continue
                    if isinstance(part, ast.JoinedStr):
                        text = "".join(
                            str(value.value) if isinstance(value, ast.Constant) else "X"
                            for value in part.values
                        )
                    elif isinstance(part, ast.Constant) and isinstance(part.value, str):
                        text = part.value
                    else:
                        continue
                    if re.search(r"(?<=[ (])[a-z_]+=(?!=)|psysal\.\w+\.?\w*\(", text):
                        yield str(path.relative_to(ROOT)), text.partition("ffmpeg ")[0]


UNREACHED = {
    "api.py": "a model object, which the command line never passes",
    "image.py": "arrays, which it never passes",
    "reports/files.py": "scores of psysal.evaluate, which it calls itself",
    "learning/torch_losses.py": "torch tensors, which it never passes",
    "models/network.py": "parameters of networks that it never passes",
    "models/precomputed.py": "images without names, which it never passes",
    "retrieval/columns.py": "a descriptor's own front end, which it never passes",
    "retrieval/encoding.py": "training of codebooks, which it has not",
    "vision/wavelet.py": "a wavelet, which it never passes",
    "viewing.py": "a Viewing, which it never passes",
}
"""Modules with sentences on what no command can pass, and why."""


def test_every_argument_in_a_sentence_of_the_library_is_an_option_in_the_command_line():
    options = {
        option.name: max(option.opts, key=len)
        for command in COMMANDS.values()
        for option in command.params
        if option.opts[0].startswith("-")
    }
    name_options(options)
    left = {(path, text) for path, text in sentences() if PYTHON.search(with_options(text))}
    assert {item for item in left if item[0] not in UNREACHED} == set()
    assert set(UNREACHED) >= {path for path, _ in left}


@pytest.mark.parametrize(
    "said",
    ["model (1).png: is empty", "ppd=3.png: is empty", "ppd: is empty", "at/ppd (2).png: is empty"],
)
def test_names_of_files_are_no_arguments(said):
    name_options({"model": "--model", "ppd": "--ppd"})
    assert with_options(said) == said


@pytest.fixture
def desk(tmp_path, monkeypatch):
    """A folder with pictures, a set of four, and files that are none of what is asked for."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PSYSAL_DATA", str(tmp_path))
    rng = np.random.default_rng(0)
    rows = ["image,subject,x,y"]
    for folder in ("photos", "mine", "empty"):
        Path(folder).mkdir()
    for name in ("0.png", "1.png", "2.png", "3.png"):
        pixels = rng.integers(0, 255, (32, 40, 3), np.uint8)
        for folder in ("photos", "mine"):
            Image.fromarray(pixels).save(f"{folder}/{name}")
        rows += [f"{name},{who},{x},{x}" for who in "abc" for x in (3, 16, 29)]
    Path("mine/fixations.csv").write_text("\n".join(rows))
    Path("mine/dataset.toml").write_text('images = "*.png"\nfixations = "fixations.csv"\n')
    Path("list.csv").write_text("n,file\n1,photos/0.png\n")
    Path("junk.json").write_text("{}")
    Path("junk.toml").write_text("models = [")


WRONG = """
map photos/0.png --ppd 0 :: --ppd must be a positive number
map photos/0.png --model murry :: --model must be one of murray2011
map photos/0.png --model hou2007 --ppd 30 :: got --ppd 30.0; leave --ppd out
map photos/0.png --model hou2007 --stages :: hou2007 has no stages to draw; leave --stages out
map photos/0.png --model learned:empty :: got empty, which is a folder
map photos/0.png --model learned:junk.json :: give a file of psysal train
map photos/0.png --model learned --values log-density --format png :: --format npy or --format tiff
map list.csv :: call one image, or pass --column
map none.jpg :: check the name and permissions
perceive photos/0.png --ppd nan :: --ppd must be a positive number
perceive photos/0.png --model murray2011 :: --model must be one of otazu2008, otazu2010
scanpath photos/0.png --inhibition 0 :: --inhibition must be positive with --rule winner
scanpath photos/0.png --ppd -1 :: --ppd must be a positive number
scanpath photos/0.png --fixations 5000 :: lower --fixations or --inhibition, or give the --ppd
scanpath photos/0.png --start 9999,1 :: --start must lie on the image
stimulus white --ppd .01 :: is less than a pixel at --ppd (0.01); enlarge the display or raise --ppd
stimulus white --ppd 1e300 :: more than 100,000,000 pixels at --ppd (1e+300); shrink the display or
stimulus search_color --set-size 9999 :: --set-size (9999) items of item size (1.0 degrees) do not
stimulus search_color --contrast 2 :: --contrast must lie in (0, 1]
evaluate nowhere :: the folder of a set was expected, found none here
evaluate toronto :: get it from http://www-sop.inria.fr/
evaluate photos :: write one, such as images = "*.png" fixations = "fixations.csv"
evaluate junk.toml :: junk.toml: TOML was expected
evaluate mine mine :: sets = [..., {path = "mine", name = "mine-2"}]
evaluate mine --metrics cc :: which cc need; give --ppd, or leave them out
evaluate mine --metrics information_gain :: fit them (--fit monotone), or name others
evaluate mine --metrics acu :: metrics of the profile exact are auc, shuffled_auc
evaluate mine --model maps:photos --match content:empty :: pass their folder, --match content:FOLDER
evaluate mine --reference gbvs :: --reference must be murray2011
evaluate mine --images 9 :: --images must be at most the 4 with fixations
evaluate mine --subset junk.json :: --subset must name images with fixations
evaluate mine --subset empty :: empty: could not be read (Is a directory); name a text file
evaluate mine --ppd 0 :: --ppd must be a positive number
train nowhere :: the folder of a set was expected, found none here
train mine :: found 4; lower --folds
train mine --folds 0 :: --folds must be a whole number from 2 on
train mine --sigma -1 :: --sigma must be a number of degrees from 0 on
train mine --windows 13 :: --windows 5,10 --windows 13,26, or none, got 13
train mine --layers l3 :: psysal models --layers FILE lists the layers
submit tuebingen photos --model murray2011 :: name one such as learned
submit tuebingen photos --check junk.json :: an HDF5 file was expected
video photos/0.png :: `psysal map photos/0.png` maps it
video none.mp4 --seconds 0 :: --seconds must be positive
models --layers none.onnx :: a network (.onnx) was expected, found nothing; check the path
search index list.csv :: has no column 'image'; it has n, file; call one image
search index photos --model none --ppd 3 :: got --ppd 3.0; leave --ppd out
search index photos --pooling most :: --pooling must be one of sum
search query photos/0.png -i empty :: make one by psysal search index
explore --allow-origin lab :: --allow-origin must be origins such as https://lab.example.org
completion tcsh :: 'bash', 'zsh', 'fish', 'powershell'
""".strip().splitlines()


@pytest.mark.parametrize("line", WRONG)
def test_a_mistake_is_said_with_the_option_and_never_in_python(line, desk):
    words, _, said = line.partition(" :: ")
    status, _, err = psysal_(*shlex.split(words), columns=2000)
    assert status in (1, 2)
    err = re.sub("[╭─╮╰╯]+", "", err)
    assert said in err
    assert not PYTHON.search(err)


# --- completion --------------------------------------------------------------


def test_bash_completes_commands_options_and_names(tmp_path):
    program = tmp_path / "psysal"
    code = "from psysal.cli.main import main; main()"
    program.write_text(f"#!{sys.executable}\nimport sys; sys.argv[0] = 'psysal'\n{code}\n")
    program.chmod(0o755)
    script = psysal_("completion", "bash")[1]
    asked = ["psysal stim", "psysal map --form", "psysal evaluate x --model center,murray20"]
    lines = [
        f"COMP_WORDS=({words}); COMP_CWORD={len(words.split()) - 1}; "
        '_psysal_completion psysal; echo "${COMPREPLY[*]}"'
        for words in asked
    ]
    done = subprocess.run(
        ["bash", "-c", "\n".join([script, *lines])],
        env={"PATH": f"{tmp_path}:/usr/bin:/bin", "PYTHONPATH": str(ROOT.parent)},
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert done.stderr == ""
    assert [line.split() for line in done.stdout.splitlines()] == [
        ["stimulus"], ["--format"], ["center,murray2011", "center,murray2013"],
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("shell", "check"), [("bash", "-n"), ("zsh", "-n"), ("fish", "--no-execute")]
)
def test_the_lines_of_a_shell_are_in_its_language(shell, check, tmp_path):
    script = psysal_("completion", shell)[1]
    assert completion.VARIABLE in script
    assert "psysal" in script
    if shutil.which(shell):
        (tmp_path / "script").write_text(script)
        subprocess.run([shell, check, str(tmp_path / "script")], check=True)


def test_names_are_those_that_a_command_takes(tmp_path, monkeypatch):
    assert completion.maps("murray") == ["murray2011", "murray2013"]
    assert completion.percepts("") == ["otazu2008", "otazu2010"]
    assert "center_bias" in completion.compared("center")
    assert "center_bias" not in completion.maps("center")
    assert completion.metrics("auc,n") == ["auc,nss"]
    assert completion.displays("search_co") == [
        "search_color", "search_contrast", "search_conjunction",
    ]  # fmt: skip
    (tmp_path / "osie").mkdir()
    (tmp_path / "notes.txt").write_text("")
    monkeypatch.setenv("PSYSAL_DATA", str(tmp_path))
    assert completion.datasets("") == ["osie"]
    monkeypatch.delenv("PSYSAL_DATA")
    assert completion.datasets("") == []
