"""The conventions of CONTRIBUTING.md that a test can hold."""

import ast
import importlib
import inspect
import pkgutil
import re
import sys
from collections import defaultdict
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest
from numpydoc.docscrape import FunctionDoc

import psysal
from psysal.models.registry import FILE_MODELS, MODELS

ROOT = Path(psysal.__file__).parent
REPOSITORY = Path(__file__).parents[1]
FILES = sorted(REPOSITORY.joinpath("psysal").rglob("*.py"))
SCRIPTS = sorted(REPOSITORY.joinpath("benchmarks").glob("*/*.py"))
MODULES = ["psysal"] + [m.name for m in pkgutil.walk_packages(psysal.__path__, "psysal.")]
PUBLIC = [
    (name, public)
    for name in MODULES
    if not name.startswith("psysal.cli")  # commands document themselves by --help
    for public in getattr(importlib.import_module(name), "__all__", [])
]


def ids(paths):
    return [str(path.relative_to(REPOSITORY)) for path in paths]


def docstrings(path):
    tree = ast.parse(path.read_text("utf-8"))
    for node in ast.walk(tree):
        if isinstance(node, (ast.Module, ast.ClassDef, ast.FunctionDef)):
            text = ast.get_docstring(node)
            if text:
                yield getattr(node, "name", path.stem), text


@pytest.mark.parametrize("path", FILES, ids=ids(FILES))
def test_a_module_is_short_enough_to_be_seen(path):
    lines = path.read_text("utf-8").count("\n")
    assert lines <= 450 or path.name == "kernels.py", f"{path.name} has {lines} lines"


@pytest.mark.parametrize("path", FILES, ids=ids(FILES))
def test_a_docstring_begins_with_what_the_thing_is(path):
    riddle = re.compile(r"(What|How|Where|Whether|Of|Those|Who|Which)\b")
    assert [name for name, text in docstrings(path) if riddle.match(text)] == []


BRITISH = re.compile(
    r"\b(\w*colour\w*|centre\w*|\w*behaviour\w*|neighbour\w*|\w+alis(e|es|ed|ing|ation)|analyse[ds]?)\b",
    re.IGNORECASE,
)


@pytest.mark.parametrize("path", FILES, ids=ids(FILES))
def test_spelling_is_american(path):
    text = re.sub(r'"[A-Z][^"\n]*"', "", path.read_text("utf-8"))  # titles of papers
    assert sorted({match[0] for match in BRITISH.finditer(text)}) == []


def test_no_two_modules_import_each_other():
    found = {}
    for name in MODULES:
        module = importlib.import_module(name)
        tree = ast.parse(Path(module.__file__).read_text("utf-8"))
        found[name] = set()
        for node in ast.walk(tree):
            if isinstance(node, ast.ImportFrom) and node.module:
                names = {f"{node.module}.{alias.name}" for alias in node.names}
                found[name] |= (names | {node.module}) & set(MODULES)
    pairs = {
        tuple(sorted((a, b)))
        for a in MODULES
        for b in found[a]
        if a != b and a in found[b] and "psysal" not in (a, b)
    }
    assert pairs == set()


@pytest.mark.parametrize(("module", "public"), PUBLIC)
def test_a_public_name_documents_what_it_takes_and_gives(module, public):
    thing = getattr(importlib.import_module(module), public)
    if inspect.isclass(thing):
        if issubclass(thing, BaseException):
            return
        methods = [
            value
            for name, value in vars(thing).items()
            if not name.startswith("_") and inspect.isfunction(value)
        ]
        fields = (
            list(inspect.signature(thing).parameters)
            if thing.__init__ is not object.__init__
            else []
        )
        text = inspect.getdoc(thing)
        missing = [
            name
            for name in fields
            if name not in ("_", "args", "kwargs") and not re.search(rf"\b{name}\b", text)
        ]
        assert not missing, f"{public}: {missing}"
    elif inspect.isfunction(thing):
        methods = [thing]
    else:
        return
    for function in methods:
        text = inspect.getdoc(function)
        assert text, function.__qualname__
        named = [
            name for name in inspect.signature(function).parameters if name not in ("self", "cls")
        ]
        doc = FunctionDoc(function)
        documented = {
            name.strip("* ") for entry in doc["Parameters"] for name in entry.name.split(",")
        }
        missing = [name for name in named if name not in documented]
        assert not missing, f"{function.__qualname__}: {missing}"
        gives = inspect.signature(function).return_annotation
        if gives not in (None, "None", inspect.Signature.empty):
            assert doc["Returns"] or doc["Yields"], f"{function.__qualname__}: Returns"


@pytest.fixture(scope="module")
def installed():
    """Names of modules that can be imported, for which files of all that is installed are read."""
    return {*sys.stdlib_module_names, *packages_distributions()}


@pytest.mark.parametrize("path", SCRIPTS, ids=ids(SCRIPTS))
def test_a_script_hides_no_installed_module(path, installed):
    """A script's folder comes first where modules are looked for."""
    assert path.stem not in installed


@pytest.mark.parametrize("path", SCRIPTS, ids=ids(SCRIPTS))
def test_a_script_uses_what_there_is(path):
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("psysal"):
            module = importlib.import_module(node.module)
            for alias in node.names:
                if not hasattr(module, alias.name):
                    importlib.import_module(f"{node.module}.{alias.name}")


def test_a_name_has_one_home():
    homes = defaultdict(list)
    for name, public in PUBLIC:
        module = importlib.import_module(name)
        if not hasattr(module, "__path__"):  # packages pass names on
            homes[public, id(getattr(module, public))].append(name)
    assert [found for found in homes.values() if len(found) > 1] == []


def test_every_model_is_in_the_registry_and_every_entry_is_a_model():
    from psysal.models.base import Model

    homes = {info.home for info in (*MODELS.values(), *FILE_MODELS.values()) if info.home}
    classes = {
        f"{thing.__module__}:{public}"
        for public in psysal.__all__
        if inspect.isclass(thing := getattr(psysal, public)) and hasattr(thing, "_map")
    }
    assert classes <= homes
    for home in homes:
        module, _, name = home.partition(":")
        assert callable(getattr(importlib.import_module(module), name))
    assert all(issubclass(getattr(psysal, home.partition(":")[2]), Model) for home in classes)


def test_a_model_writes_its_map_and_not_its_call():
    for home in {info.home for info in MODELS.values() if info.home}:
        module, _, name = home.partition(":")
        assert "__call__" not in vars(getattr(importlib.import_module(module), name))


def test_old_names_say_the_new_ones():
    for old, new in {
        "MapFolder": "PrecomputedMaps", "Chance": "Noise", "Stages": "SaliencyStages",
        "human": "gaze",
    }.items():  # fmt: skip
        with pytest.raises(AttributeError, match=f"no attribute '{old}'; it is '{new}' now"):
            getattr(psysal, old)


def test_the_readme_is_at_most_1500_words():
    assert len(REPOSITORY.joinpath("README.md").read_text("utf-8").split()) <= 1500


def test_modules_that_the_readme_names_are_there():
    text = REPOSITORY.joinpath("README.md").read_text("utf-8")
    for line in text.splitlines():
        if line.startswith("| ") and "psysal/" in line:
            base = Path()
            for path in re.findall(r"`([a-z0-9_/]+(?:\.py|/))`", line):
                places = (REPOSITORY / path, base / path, REPOSITORY / "psysal" / path)
                place = next((p for p in places if p.exists()), None)
                assert place, f"{path} in {line}"
                base = place if place.is_dir() else place.parent


def test_contributing_has_the_layers_of_the_test():
    from support import layers

    text = REPOSITORY.joinpath("CONTRIBUTING.md").read_text("utf-8")
    block = text.partition("## Layers")[2].partition("## ")[0]
    shown = re.findall(r"(?m)^    (\S.*?)(?:   .*)?$", block)
    assert [sorted(line.split(", ")) for line in shown] == [
        sorted(name.removeprefix("psysal.").replace(".", "/") for name in layer)
        for layer in layers.LAYERS
    ]
