"""``psysal video``: files, messages and exit status, also where something goes wrong."""

import resource
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from support.terminal import on_terminal, psysal_
from support.videos import COLS, ROWS, heard, moving_disc, read, write

COMMAND = [sys.executable, "-c", "from psysal.cli.main import main; main()", "video"]


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def frames(rng):
    return moving_disc(rng)


@pytest.fixture
def film(frames):
    return write("film.mp4", frames, audio=("aac", 1.6))


def in_own_process(*words, **options):
    """The command in a process of its own: all that is said there, by whomever."""
    done = subprocess.run([*COMMAND, *map(str, words)], capture_output=True, timeout=120, **options)
    return done.returncode, done.stdout.decode(), " ".join(done.stderr.decode().split())


def test_the_command(film):
    words = [*COMMAND, film, "-o", "out.mp4", "--every", "2", "--smooth", "0.2"]
    status, out, err = on_terminal(words)
    assert (status, out) == (0, "out.mp4\n")
    assert "20/20" in err
    assert f"20 frames of {COLS} x {ROWS} pixels, 1.60 s, audio copied, " in err
    assert err.endswith("frames/s")
    status, out, err = psysal_("video", film, "-o", "out.mp4")
    assert (status, out) == (1, "")
    assert "out.mp4: is already there and was kept; --overwrite replaces it" in err
    status, _, err = in_own_process("77")
    assert (status, err) == (
        1, "camera 77: could not be opened; check that it is connected and free",
    )  # fmt: skip
    assert psysal_("video", film, "--every", "0")[0] == 2
    assert psysal_("video", film, "--model", "nix")[0] == 2
    status, out, err = psysal_(
        "video", film, "-o", "mute.mkv", "--no-audio", "--seconds", 0.5, "--every", 9
    )
    assert (status, out, heard("mute.mkv")) == (0, "mute.mkv\n", None)
    assert f"7 frames of {COLS} x {ROWS} pixels, 0.50 s, no audio, " in err
    assert "audio of a file is copied" in " ".join(psysal_("video", "--help")[1].split())


def test_map_only_writes_the_maps_in_grey(film):
    status, out, _ = psysal_("video", film, "-o", "map.avi", "--map-only", "--frames", 3)
    assert (status, out) == (0, "map.avi\n")
    frames, _ = read("map.avi")
    assert len(frames) == 3
    assert max(np.ptp(frame.astype(int), axis=2).max() for frame in frames) <= 3
    status, _, err = psysal_("video", film, "-o", "other.avi", "--map")
    assert status == 2
    assert "No such option" in err


def test_frames_are_reduced_on_request_and_not_too_far(film):
    status, _, err = psysal_("video", film, "--frames", 3, "--reduce", 2)
    assert status == 0
    assert f"3 frames of {COLS} x {ROWS} pixels" in err
    status, _, err = psysal_("video", film, "-o", "other.mp4", "--reduce", 40)
    assert status == 1
    assert "--reduce must leave at least 8 rows and columns of 144 x 192 pixels, got 40" in err
    assert not Path("other.mp4").exists()


def test_a_full_disk_leaves_what_was_there(film):
    def small():
        resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, 20_000))

    Path("out.avi").write_bytes(b"mine")
    status, out, err = in_own_process(film, "-o", "out.avi", "--overwrite", preexec_fn=small)
    assert (status, out) == (1, "")
    assert "out.avi: could not be written (File too large); check that its folder is there" in err
    assert Path("out.avi").read_bytes() == b"mine"
    assert len(list(Path().iterdir())) == 2


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_in_the_middle_of_a_file(frames, number):
    film = write("long.avi", frames * 40)
    running = subprocess.Popen(
        [*COMMAND, film, "-o", "out.mp4"], stderr=subprocess.PIPE, stdout=subprocess.PIPE
    )
    while not list(Path().glob(".out*.part.mp4")):
        assert running.poll() is None
    running.send_signal(number)
    out, err = running.communicate(timeout=60)
    assert (running.returncode, out) == (128 + number, b"")
    assert b"interrupted; nothing was written" in err
    assert [path.name for path in Path().iterdir()] == ["long.avi"]
