"""A sample of the mutants that benchmarks/measure/mutants makes by the ten thousand."""

import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parents[2] / "benchmarks" / "measure" / "mutants"


@pytest.mark.skipif(not Path("/proc/self/clear_refs").exists(), reason="Linux measures memory")
@pytest.mark.parametrize(("kind", "count"), [("pictures", 400), ("videos", 10)])
def test_mutants_are_read_or_refused_by_a_sentence(kind, count):
    for package in ("av", "imagecodecs", "pillow_heif", "rawpy"):
        pytest.importorskip(package)
    done = subprocess.run(
        [sys.executable, SCRIPT, kind, "--count", str(count)], capture_output=True, text=True
    )
    assert (done.returncode, done.stderr) == (0, ""), done.stdout
    assert f"{count} mutants" in done.stdout
    assert "0 faults" in done.stdout
