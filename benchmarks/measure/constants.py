"""Count the changes of constants and operators in classical models that no test notices.

    python benchmarks/measure/constants.py [--count 200] [--seed 0] [--only achanta2008 ...]

Each mutant has one number of a model's module changed by 10 % (a whole number below ten by one),
or one operator turned: + and -, * and /, // and *, ** and *, % and //, < and >, <= and >=,
== and !=, & and |, minus and plus before a value, "and" and "or", min and max.  Only the tests of
that model run on it; one that fails, or takes a minute of the processor, kills it.  Mutants that
live are printed with their line.  Loops are tried as plain Python, for which no compilation waits.

Left as they are: sizes of jobs and of caches, estimates of memory, fields of documentation, and
the bounds below which a number counts as rounding, which may as well be a tenth larger.

Each mutant runs in a fork of a process that has the libraries loaded, on a copy of the package.
"""

import argparse
import ast
import copy
import os
import random
import resource
import shutil
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SECONDS = 60  # of processor time for the tests of a mutant
CLASSICAL = "tests/models/test_classical.py"
STEPS = "tests/models/test_classical_steps.py"
BASELINES = "tests/models/test_baselines.py"
RARITY = "tests/models/test_classical_rarity.py"
TESTS = {  # arguments of pytest for a module of psysal/models
    "achanta2008": [CLASSICAL, "-k", "Achanta2008 or 8_bits"],
    "achanta2009": [CLASSICAL, "-k", "Achanta2009 or 8_bits or frequency_tuned"],
    "classical_kernels": [CLASSICAL, "-k", "python"],
    "classical_steps": [STEPS, CLASSICAL, "-k", "classical_steps or stage or syn"],
    "gbvs_features": [CLASSICAL, "-k", "stage or Itti1998 or Harel2006 or shape"],
    "guo2010": [RARITY, "-k", "Guo2010 or grey"],
    "harel2006": [
        CLASSICAL,
        "-k",
        "Harel2006 or a_walk or stage or feature or grey",
    ],
    "hou2007": [CLASSICAL, "-k", "Hou2007 or residual or frequencies or 8_bits"],
    "hou2012": [CLASSICAL, "-k", "Hou2012 or signature or grey"],
    "itti1998": [CLASSICAL, "-k", "Itti1998 or promoted or koch or grey"],
    "itti_paper": [CLASSICAL, BASELINES, "-k", "paper or itti or many_are or equal_hues"],
    "li2013": [RARITY, "-k", "Li2013 or hft or axis or costs"],
    "quaternion": [RARITY, "-k", "quaternions or (Guo2010 and syn96) or pqft or absent or axis"],
    "schauerte2012": [RARITY, "-k", "schauerte or grey or axis"],
    "seo2009": [RARITY, "-k", "resemblance or Seo2009"],
    "seo_kernels": [RARITY, "-k", "python"],
    "torralba2006": [RARITY, "-k", "Torralba2006 or rarity_is or rounding or pyramid"],
    "torralba_kernels": [RARITY, "-k", "python"],
    "zhang2008": [RARITY, "-k", "sun"],
    "zhang2013": [CLASSICAL, "-k", "Zhang2013 or boolean or thin or 8_bits"],
}
KEPT = {  # names whose values are no part of a map
    *("ABSENT", "FAINT", "BAND_ROWS", "LAB_ROWS", "values_per_pixel", "values"),
    *("lru_cache", "setflags", "raise", "MOST_STEPS"),
}
TURNED = {
    **{ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.Div, ast.Div: ast.Mult},
    **{ast.FloorDiv: ast.Mult, ast.Mod: ast.FloorDiv, ast.Pow: ast.Mult},
    **{ast.Lt: ast.Gt, ast.Gt: ast.Lt, ast.LtE: ast.GtE, ast.GtE: ast.LtE},
    **{ast.Eq: ast.NotEq, ast.NotEq: ast.Eq, ast.BitAnd: ast.BitOr, ast.BitOr: ast.BitAnd},
    **{ast.USub: ast.UAdd, ast.And: ast.Or, ast.Or: ast.And},
}
SWAPPED = {"min": "max", "max": "min", "minimum": "maximum", "maximum": "minimum"}


def kept(node):
    """Whether a statement, call or definition sets nothing that is seen in a map."""
    names = []
    if isinstance(node, ast.Assign):
        names = [target.id for target in node.targets if isinstance(target, ast.Name)]
    elif isinstance(node, (ast.FunctionDef, ast.ClassDef)):
        names = [node.name]
    elif isinstance(node, ast.Call):
        names = [getattr(node.func, "id", getattr(node.func, "attr", ""))]
    elif isinstance(node, (ast.Raise, ast.Import, ast.ImportFrom, ast.JoinedStr)):
        return True
    return bool(KEPT & set(names))


def places(tree):
    """Nodes that can be changed, each with what it becomes: (path, field, new values)."""
    found = []

    def visit(node, path):
        if kept(node):
            return
        for name, value in ast.iter_fields(node):
            if name in ("annotation", "returns"):
                continue
            for k, child in enumerate(value if isinstance(value, list) else [value]):
                if not isinstance(child, ast.AST):
                    continue
                here = [*path, (name, k if isinstance(value, list) else None)]
                if isinstance(child, ast.Constant) and type(child.value) in (int, float):
                    found.append((here, "number", child.lineno))
                elif type(child) in TURNED:
                    found.append((here, "operator", node.lineno))
                elif (isinstance(child, ast.Name) and child.id in SWAPPED and name == "func") or (
                    isinstance(child, ast.Attribute) and child.attr in SWAPPED
                ):
                    found.append((here, "extreme", child.lineno))
                visit(child, here)

    visit(tree, [])
    return found


def changed(tree, place, rng):
    """A copy of a module with one node changed, and the change in words."""
    tree = copy.deepcopy(tree)
    path, kind, _ = place
    parent = tree
    for name, k in path[:-1]:
        parent = getattr(parent, name) if k is None else getattr(parent, name)[k]
    name, k = path[-1]
    old = getattr(parent, name) if k is None else getattr(parent, name)[k]
    sign = rng.choice((-1, 1))
    if kind == "number":
        value = old.value
        if type(value) is float:
            value = value * (1 + sign / 10) if value else 0.1
        else:
            value += sign * max(1, round(abs(value) / 10))
        new = ast.copy_location(ast.Constant(value), old)
        words = f"{old.value!r} -> {value!r}"
    elif kind == "operator":
        new = TURNED[type(old)]()
        words = f"{type(old).__name__} -> {type(new).__name__}"
    else:
        new = copy.copy(old)
        attribute = "id" if isinstance(old, ast.Name) else "attr"
        setattr(new, attribute, SWAPPED[getattr(old, attribute)])
        words = f"{getattr(old, attribute)} -> {getattr(new, attribute)}"
    if k is None:
        setattr(parent, name, new)
    else:
        getattr(parent, name)[k] = new
    return ast.unparse(tree), words


def passes(folder, name):
    """Whether tests of a module in ``folder`` pass, in a fork that ends after a while."""
    child = os.fork()
    if not child:
        with open(os.devnull, "w") as nowhere:
            os.dup2(nowhere.fileno(), 1)
            os.dup2(nowhere.fileno(), 2)
        resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
        os.chdir(folder)
        forget(name)
        import pytest

        quiet = ["-x", "-q", "-n", "0", "-p", "no:cacheprovider", "--no-header"]
        os._exit(int(pytest.main([*quiet, *TESTS[name]])))
    _, status = os.waitpid(child, 0)
    return os.waitstatus_to_exitcode(status) == 0


def preload(folder):
    """Import the package in ``folder``, and load its compiled loops, for every fork."""
    sys.path[0] = str(folder)
    import cv2
    import numpy as np
    import pytest  # noqa: F401
    import skimage.data

    import psysal
    from psysal.models.registry import get_model

    cv2.setNumThreads(1)  # a fork has no threads but its first
    if not Path(psysal.__file__).is_relative_to(folder):
        sys.exit(f"the package that is imported is not the copy in {folder}")
    skimage.data.coffee(), skimage.data.astronaut()
    image = np.random.default_rng(0).integers(0, 256, (150, 144, 3), dtype=np.uint8)
    for name in TESTS:
        if name[-1].isdigit():
            for dtype in ("float32", "float64"):
                get_model(name)(image, dtype=dtype, threads=1)


def forget(name):
    """Unload a module, and all models, which may have taken something from it."""
    psysal = sys.modules["psysal"]
    for module in list(sys.modules):
        if module.startswith("psysal.models.") and (
            not module.endswith("_kernels") or module.endswith(name)
        ):
            del sys.modules[module]
            vars(sys.modules["psysal.models"]).pop(module.rpartition(".")[2], None)
    for public, home in psysal._MODULES.items():
        if home.startswith(("psysal.models.", "psysal.api")):
            vars(psysal).pop(public, None)
    sys.modules.pop("psysal.api", None)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--count", type=int, default=200, help="mutants, or 0 for all")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--only", nargs="*", default=list(TESTS), choices=list(TESTS))
    options = parser.parse_args()
    rng = random.Random(options.seed)
    with tempfile.TemporaryDirectory() as folder:
        folder = Path(folder).resolve()
        for part in ("psysal", "tests"):
            shutil.copytree(ROOT / part, folder / part)
        for name in ("pyproject.toml", "setup.cfg"):
            shutil.copy2(ROOT / name, folder)
        preload(folder)
        mutants = []
        for name in options.only:
            source = (ROOT / "psysal" / "models" / f"{name}.py").read_text("utf-8")
            tree = ast.parse(source)
            if not passes(folder, name):
                sys.exit(f"the tests of {name} fail without a change: pytest {TESTS[name]}")
            mutants += [(name, source, tree, place) for place in places(tree)]
        possible = len(mutants)
        if options.count:
            mutants = rng.sample(mutants, min(options.count, possible))
        alive = []
        for name, source, tree, place in mutants:
            target = folder / "psysal" / "models" / f"{name}.py"
            text, words = changed(tree, place, rng)
            target.write_text(text, "utf-8")
            if passes(folder, name):
                alive.append(name)
                line = source.splitlines()[place[2] - 1].strip()
                print(f"{name}.py:{place[2]}: {words}    {line}", flush=True)
            target.write_text(source, "utf-8")
        killed = len(mutants) - len(alive)
        print(f"{killed} of {len(mutants)} mutants killed ({100 * killed / len(mutants):.1f} %), "
              f"of {possible} possible")  # fmt: skip
        for name in options.only:
            count = sum(mutant[0] == name for mutant in mutants)
            print(f"  {name}: {count - alive.count(name)} of {count}")


if __name__ == "__main__":
    main()
