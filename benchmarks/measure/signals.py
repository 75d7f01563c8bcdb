"""SIGINT and SIGTERM at several moments of every command: exit status, what is said and left.

    python benchmarks/measure/signals.py [COMMAND ...] [--seed SEED]

Each cell of the table is a run in a folder of its own: its status, "one line" if it said one
sentence, "-" for files that are half-written, and whether the same command then made the same
bytes as a run that nothing disturbed.  SIGINT goes to the whole group, as a terminal sends it;
SIGTERM to the process, as ``kill`` does.  Moments are counted from when Python itself has started,
whose own start no program can make quieter.  A run that was done before has status 0.
"""

import argparse
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import cv2
import numpy as np

PSYSAL = [sys.executable, "-c", "print(flush=True); from psysal.cli.main import main; main()"]
COMMANDS = {
    "map": (["map", "photos", "-o", "out"], ["--jobs", "2"], ["--threads", "1"]),
    "video": (["video", "film.avi", "-o", "out.mp4"], ["--threads", "2"], ["--threads", "1"]),
    "evaluate": (
        ["evaluate", "spots", "--model", "murray2011,center", "-o", "out"],
        ["--threads", "2"],
        ["--threads", "1"],
    ),
    "train": (
        ["train", "spots", "--folds", "2", "--windows", "none", "--no-energy", "-o", "out.json"],
        ["--threads", "2"],
        ["--threads", "1"],
    ),
    "search": (["search", "index", "photos", "-o", "out"], ["--threads", "2"], ["--threads", "1"]),
    "explore": (["explore", "--port", "5318"], [], None),
}
"""Words of each command, and more for several workers and for one."""
MOMENTS = (0.05, 0.2, 1.0, "middle", "end")
STATUS = {0, 128 + signal.SIGINT, 128 + signal.SIGTERM}
NOT_COMPARED = ("manifest.db", "manifest.jsonl", "scores.jsonl")  # which have times or an order
TIMEOUT_S = 120


def make_inputs(folder: Path, seed: int) -> None:
    """Photographs, a set of them with fixations, and a video."""
    rng = np.random.default_rng(seed)
    for name in ("photos", "spots"):
        (folder / name).mkdir()
        for number in range(20 if name == "photos" else 6):
            pixels = rng.integers(0, 256, (240, 320, 3), dtype=np.uint8)
            cv2.imwrite(str(folder / name / f"{number:02}.png"), pixels)
    rows = ["image,subject,x,y"]
    for number in range(6):
        for subject in ("ann", "bob", "eve"):
            for x, y in rng.uniform(0, (320, 240), (5, 2)):
                rows.append(f"{number:02}.png,{subject},{x:.1f},{y:.1f}")
    (folder / "spots" / "fixations.csv").write_text("\n".join(rows) + "\n")
    (folder / "spots" / "dataset.toml").write_text(
        'images = "*.png"\nfixations = "fixations.csv"\nppd = 20\nsource = "made"\n'
    )
    code = cv2.VideoWriter.fourcc(*"MJPG")
    video = cv2.VideoWriter(str(folder / "film.avi"), code, 25, (320, 240))
    for _ in range(30):
        video.write(rng.integers(0, 256, (240, 320, 3), dtype=np.uint8))
    video.release()


def started(words: list[str], folder: Path) -> subprocess.Popen[str]:
    """The command in a folder, as a terminal starts it, when Python itself has started."""
    process = subprocess.Popen(
        [*PSYSAL, *words], cwd=folder, text=True, start_new_session=True,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, env={**os.environ, "COLUMNS": "500"},
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
    )  # fmt: skip
    process.stdout.readline()
    return process


def result(command: str, folder: Path) -> dict[str, bytes]:
    """All that a command wrote, but for what has times; of an index, what it finds."""
    if command == "search":
        words = ["search", "query", "photos/00.png", "photos/01.png", "-i", "out", "-k", "40"]
        done = subprocess.run([*PSYSAL, *words], cwd=folder, capture_output=True, check=True)
        return {"query": done.stdout.replace(os.fsencode(folder), b"")}
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file() and path.name not in NOT_COMPARED and "out" in str(path)
    }


class Case:
    """A command with its options: how long it takes, and what it writes when undisturbed."""

    def __init__(self, command: str, words: list[str], inputs: Path) -> None:
        self.command, self.words, self.inputs = command, words, inputs
        self.seconds, self.expected = 6.0, {}
        if command != "explore":
            with self.folder() as folder:
                self.run_to_end(folder)  # compiles
            with self.folder() as folder:
                start = time.monotonic()
                self.run_to_end(folder)
                self.seconds = time.monotonic() - start
                self.expected = result(command, Path(folder))

    def folder(self) -> "tempfile.TemporaryDirectory[str]":
        """A fresh folder with the inputs."""
        folder = tempfile.TemporaryDirectory()
        for path in self.inputs.iterdir():
            os.symlink(path, Path(folder.name, path.name))
        return folder

    def run_to_end(self, folder: str) -> None:
        out = subprocess.run(
            [*PSYSAL, *self.words], cwd=folder, capture_output=True, text=True, timeout=TIMEOUT_S
        )
        if out.returncode:
            raise RuntimeError(f"{' '.join(self.words)}: {out.stderr}")

    def cell(self, number: signal.Signals, moment: float | str) -> str:
        """What becomes of a run that gets a signal, and of the next."""
        after = {"middle": self.seconds * 0.5, "end": self.seconds * 0.9}
        with self.folder() as name:
            folder = Path(name)
            process = started(self.words, folder)
            time.sleep(after.get(moment, moment))
            if process.poll() is None:
                send = os.killpg if number == signal.SIGINT else os.kill
                send(process.pid, number)
            try:
                _, err = process.communicate(timeout=TIMEOUT_S)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
                return "**hangs**"
            faults = []
            lines = [line for line in err.splitlines() if line.strip()]
            interrupted = [line for line in lines if re.search("interrupted|has ended", line)]
            status = process.returncode
            killed = status == -signal.SIGTERM  # before it was handled: a shell says 143, too
            if status not in STATUS and not killed:
                faults.append("status")
            if "Traceback" in err or "ignored" in err:
                faults.append("traceback")
            if status and not killed and len(interrupted) != 1:
                faults.append(f"{len(interrupted)} sentences")
            if drafts := [path for path in folder.rglob("*") if re.search(r"\.part\b", path.name)]:
                faults.append(f"{len(drafts)} drafts")
            maps = self.command == "map" and list((folder / "out").glob("*.png"))
            if maps and not (folder / "out" / "manifest.jsonl").exists():
                faults.append("no manifest")
            if self.command != "explore":
                if not any((folder / file).exists() for file in ("out.mp4", "out.json")):
                    self.run_to_end(name)
                if result(self.command, folder) != self.expected:
                    faults.append("other bytes")
            if faults:
                print(self.words, number.name, moment, faults, err, file=sys.stderr, flush=True)
            return str(status) + "".join(f" **{fault}**" for fault in faults)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("commands", nargs="*", metavar="COMMAND", help="by default, all")
    parser.add_argument("--seed", type=int, default=18)
    arguments = parser.parse_args()
    inputs = Path(tempfile.mkdtemp())
    try:
        make_inputs(inputs, arguments.seed)
        moments = [f"{moment} s" if isinstance(moment, float) else moment for moment in MOMENTS]
        print(f"| command | signal | {' | '.join(moments)} |\n|{'---|' * (2 + len(MOMENTS))}")
        for command in arguments.commands or COMMANDS:
            words, several, one = COMMANDS[command]
            for more in (several, one):
                if more is None:
                    continue
                case = Case(command, [*words, *more], inputs)
                for number in (signal.SIGINT, signal.SIGTERM):
                    cells = " | ".join(case.cell(number, moment) for moment in MOMENTS)
                    print(f"| {' '.join([command, *more])} | {number.name} | {cells} |", flush=True)
    finally:
        shutil.rmtree(inputs)


if __name__ == "__main__":
    main()
