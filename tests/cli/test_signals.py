"""Signals and standard streams of the command line: a sentence and a status, never a traceback."""

import os
import signal
import subprocess
import sys

import pytest
from PIL import Image
from support.terminal import PSYSAL, psysal_

pytestmark = pytest.mark.skipif(os.name != "posix", reason="signals of POSIX, and a shell")
SIGNALS = pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
HANDLED = """
import os, signal, sys, time
signal.signal(signal.SIGINT, signal.default_int_handler)
from psysal.cli.signals import handle_signals, received, stoppable
handle_signals()
number = int(sys.argv[1])
"""


def outcome(code, number):
    """Status and standard error of a program that handles signals as the command line does."""
    done = subprocess.run(
        [sys.executable, "-c", HANDLED + code, str(int(number))], capture_output=True, text=True
    )
    return done.returncode, done.stderr


@SIGNALS
def test_while_the_commands_are_imported_a_signal_ends_at_once(number):
    code = "signal.raise_signal(number)"
    assert outcome(code, number) == (128 + number, "interrupted; nothing was written\n")


@SIGNALS
def test_the_handlers_come_before_anything_that_takes_time(number):
    code = """
class Found:
    def find_spec(self, name, *_):
        if name in ("typer", "numpy", "rich", "cv2"):
            os.kill(os.getpid(), number)
sys.meta_path.insert(0, Found())
from psysal.cli.main import main
main()
"""
    assert outcome(code, number) == (128 + number, "interrupted; nothing was written\n")


@SIGNALS
def test_work_ends_by_an_exception_and_what_follows_is_not_disturbed(number):
    code = """
def on_stop():
    signal.raise_signal(number)
    sys.stderr.write("said")
try:
    with stoppable(on_stop):
        try:
            signal.raise_signal(number)
        finally:
            signal.raise_signal(number)  # as launchers hand it on
            sys.stderr.write("cleared ")
finally:
    signal.raise_signal(number)
"""
    assert outcome(code, number) == (128 + number, "cleared said")


@SIGNALS
def test_a_signal_that_python_drops_comes_again(number):
    code = """
class Deleted:
    def __del__(self):
        signal.raise_signal(number)
with stoppable(lambda: sys.stderr.write("said")):
    Deleted()
    time.sleep(20)
"""
    assert outcome(code, number) == (128 + number, "said")


def test_a_signal_that_the_caller_ignores_stays_ignored():
    code = f"""
signal.signal(signal.SIGINT, signal.SIG_IGN)
handle_signals()
os.kill(os.getpid(), {int(signal.SIGINT)})
"""
    assert outcome(code, signal.SIGINT) == (0, "")


@pytest.mark.parametrize(
    ("words", "function", "sentence"),
    [
        (["train", "."], "psysal.gaze.dataset", "the same command resumes from readout.json.work"),
        (["evaluate", "."], "psysal.evaluation.experiment.read_sets", "nothing was written"),
        (["search", "index", "."], "psysal.cli.search.find", "the same command goes on where it"),
        (["stimulus", "white"], "psysal.files.save", "interrupted; nothing was written"),
        (["demo"], "psysal.files.save", "interrupted"),
        (["video", "a.mp4"], "psysal.video.VideoSource", "interrupted; nothing was written"),
        (["map", "a.png"], "psysal.archive.batch.find", "the same command goes on where it st"),
    ],
)
def test_every_command_ends_in_a_sentence(words, function, sentence, tmp_path, monkeypatch):
    def interrupted(*_, **__):
        raise KeyboardInterrupt

    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(function, interrupted)
    status, out, err = psysal_(*words)
    assert (status, out) == (130, "")
    assert sentence in err


# --- standard streams --------------------------------------------------------


def told(command, *words):
    """Status and standard error of a shell command with ``psysal`` in it."""
    done = subprocess.run(
        ["sh", "-c", command, *PSYSAL, *words], capture_output=True, text=True, timeout=60,
        env={**os.environ, "COLUMNS": "500"},
    )  # fmt: skip
    return done.returncode, " ".join(done.stderr.split())


NO_ROOM = "standard output: could not be written (No space left on device)"


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="Linux")
def test_a_full_device(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert told('"$0" "$@" > /dev/full', "stimulus", "white", "-o", "a.png") == (1, NO_ROOM)
    assert told('"$0" "$@" > /dev/full', "map", "a.png", "-o", "-") == (1, NO_ROOM)


def test_closed_streams(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Image.new("RGB", (40, 30)).save("a.png")
    status, err = told('"$0" "$@" >&-', "map", "a.png", "-o", "-")
    assert (status, err) == (1, "standard output is closed; name a folder with --output")
    status, err = told('"$0" "$@" <&-', "map", "-", "-o", "maps")
    assert (status, err) == (
        1, "standard input is closed; pipe an image into it, or name a file",
    )  # fmt: skip
    assert told('"$0" "$@" <&- 2>&-', "map", "a.png", "-o", "maps") == (0, "")


def test_a_reader_that_has_enough():
    assert told('("$0" "$@"; echo $? >&2) | head -0', "models")[1] == "1"
