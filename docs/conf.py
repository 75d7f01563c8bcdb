"""How Sphinx builds these pages; ``sphinx-build -W --keep-going docs build/docs``.

Nothing is fetched, neither by the build nor by its pages: formulas are MathML, which browsers
draw themselves, and fonts are those of the reader.
"""

import json
import os
import pkgutil
import re
import subprocess
import sys
from importlib import import_module
from pathlib import Path

from docutils.nodes import SkipNode
from docutils.utils.math.latex2mathml import tex2mathml
from sphinx.util.nodes import make_refnode
from typer.main import get_command

import psysal
from psysal.cli import commands as cli

HERE = Path(__file__).parent
GENERATED = HERE / "generated"
LESSONS = GENERATED / "lessons"
REPOSITORY = os.environ.get("PSYSAL_REPOSITORY", "")
"""Owner and name at GitHub, such as "lab/psysal": pages then link to their sources and to Colab."""
WALK = [  # commands have a page of their own, as a shell has them
    m
    for m in pkgutil.walk_packages(psysal.__path__, "psysal.")
    if not m.name.startswith("psysal.cli.")
]
MODULES = {m.name: import_module(m.name) for m in WALK}
PACKAGES = {"psysal": psysal} | {m.name: MODULES[m.name] for m in WALK if m.ispkg}
PUBLIC = {  # functions first
    name: sorted(getattr(package, "__all__", []), key=lambda public: public[0].isupper())
    for name, package in PACKAGES.items()
}
HOMES = {  # where the entry of a name is that a package only passes on
    f"{package}.{name}": f"{module}.{name}"
    for package, names in PUBLIC.items()
    for name in names
    for module in MODULES
    if module not in PACKAGES
    and name in getattr(MODULES[module], "__all__", [])
    and getattr(MODULES[module], name) is getattr(PACKAGES[package], name)
}

project = "psysal"
author = "The psysal authors"
copyright = f"{author}, BSD-3-Clause"
version = release = psysal.__version__

extensions = [
    "myst_nb",
    "sphinx_copybutton",
    "sphinx.ext.autodoc",
    "sphinx.ext.autosummary",
    "sphinx.ext.viewcode",
    "numpydoc",
]
# howto/search.md has search.md, as search.html is where Sphinx searches
exclude_patterns = ["search.md", "generated/differences.md"]
templates_path = ["_templates"]
nitpicky = True  # what is written as a reference to psysal is one
nitpick_ignore_regex = [(r"py:.*", r"(?!psysal).*")]

myst_enable_extensions = ["dollarmath"]
myst_heading_anchors = 3
nb_execution_mode = "cache"  # lessons are run where they changed; -D nb_execution_mode=off: none
nb_execution_in_temp = True
nb_output_stderr = "remove"  # fonts that this machine lacks, and the like
nb_execution_timeout = 300
copybutton_prompt_text = r">>> |\.\.\. |\$ "
copybutton_prompt_is_regexp = True

autosummary_context = {
    "public": PUBLIC,
    "own": {p: [name for name in PUBLIC[p] if f"{p}.{name}" not in HOMES] for p in PACKAGES},
}
autodoc_member_order = "bysource"
autodoc_preserve_defaults = True
autodoc_typehints = "none"  # docstrings say more: shapes, units and ranges
viewcode_follow_imported_members = False  # else pages of source link to the wrong entry
numpydoc_show_class_members = False
toc_object_entries_show_parents = "hide"

html_theme = "furo"
html_title = f"psysal {release}"
html_search_scorer = str(HERE / "_static" / "scorer.js")
html_theme_options = (
    {
        "source_repository": f"https://github.com/{REPOSITORY}/",
        "source_branch": "main",
        "source_directory": "docs/",
    }
    if REPOSITORY
    else {}
)
html_static_path = ["_static"]
html_css_files = ["psysal.css"]
html_js_files = ["page.js"]
html_math_renderer = "mathml"
html_copy_source = False


def inline_formula(self, node):
    self.body.append(tex2mathml(node.astext()))
    raise SkipNode


def formula(self, node):
    self.body.append(f'<div class="formula">{tex2mathml(node.astext(), as_block=True)}</div>')
    raise SkipNode


def indented(app, what, name, thing, options, lines):
    """What a docstring indents is a diagram, a list or a formula: it stays as it is.

    Sections of a module are no chapters of its page, which has its names below them.
    """
    text = "\n".join(lines)
    text = re.sub(r"(?m)^(\S.*[^:\n])\n\n(?=    \S)", r"\1\n\n.. code-block:: text\n\n", text)
    if what == "module":
        text = re.sub(r"(?m)^(\w+)\n-{3,}$", r".. rubric:: \1\n", text)
    lines[:] = text.split("\n")


def listed(app, what, name, thing, skip, options):
    """Whatever a module lists in ``__all__`` has an entry, a bare constant too."""
    return False if what == "module" else None


def at_home(app, env, node, contnode):
    """``psysal.Murray2011`` leads to ``psysal.models.murray2011.Murray2011``, its entry."""
    name, rest = node.get("reftarget", ""), ""
    while name and name not in HOMES:  # a method of it, perhaps
        name, dot, last = name.rpartition(".")
        rest = dot + last + rest
    entry = env.domains["py"].objects.get(HOMES.get(name, "") + rest)
    return entry and make_refnode(
        app.builder, node["refdoc"], entry.docname, entry.node_id, contnode, entry.node_id
    )


def sidebar(app, pagename, templatename, context, doctree):
    """Open in a page is its own branch: all 300 pages in each of 550 are most of the work."""
    whole = context["toctree"]
    context["toctree"] = lambda **options: whole(**options | {"collapse": True})


def differences():
    """What the models' cards say of their differences, as Markdown."""
    for name, module in MODULES.items():
        if name.startswith("psysal.models.") and "murray" not in name:  # these are on the page
            for paragraph in (p for p in module.__doc__.split("\n\n") if "this differs" in p):
                yield f"{{py:mod}}`{name}`\n\n```{{eval-rst}}\n{paragraph}\n```\n"


def commands():
    """Typer's page of the command line; its list has each command's first sentence whole."""
    text = subprocess.run(
        [sys.executable, "-m", "typer", "psysal.cli.commands", "utils", "docs",
         "--name", "psysal", "--title", "Command line"],
        check=True, text=True, stdout=subprocess.PIPE,
    ).stdout  # fmt: skip
    for name, command in get_command(cli.app).commands.items():
        first = " ".join(command.help.partition("\n\n")[0].split())
        text = re.sub(rf"(?m)^\* `{name}`: .*$", lambda _, said=f"* `{name}`: {first}": said, text)
    return re.sub(r"(?m)^Examples:\n\n((?:(?:psysal|eval) .+\n\n)+)", example_block, text)


def example_block(match):
    """Examples of a command as one block of shell."""
    lines = match[1].split("\n\n")
    return "**Examples**:\n\n```sh\n" + "\n".join(line for line in lines if line) + "\n```\n\n"


def lessons():
    """Notebooks among the pages, each with links to its files and to Colab."""
    LESSONS.mkdir(exist_ok=True)
    colab = f"github/{REPOSITORY}/blob/main/notebooks/" if REPOSITORY else "#upload"
    for path in (HERE.parent / "notebooks").glob("*.ipynb"):
        book = json.loads(path.read_text("utf-8"))
        title, _, rest = "".join(book["cells"][0]["source"]).partition("\n")
        at = f"https://colab.research.google.com/{colab}{path.name if REPOSITORY else ''}"
        links = (
            f"Download {{download}}`this notebook <../../../notebooks/{path.name}>` · "
            f"{{download}}`with solutions <../../../notebooks/solutions/{path.name}>` · "
            f"[Colab]({at}){'' if REPOSITORY else ', to which a notebook is uploaded'}"
        )
        book["cells"][0]["source"] = f"{title}\n\n{links}\n{rest}"
        text = json.dumps(book)
        page = LESSONS / path.name
        if not page.exists() or page.read_text("utf-8") != text:  # else it is built again
            page.write_text(text, "utf-8")


def setup(app):
    GENERATED.mkdir(exist_ok=True)
    lessons()
    for page in GENERATED.glob("psysal*.rst"):
        if page.stem not in MODULES.keys() | PACKAGES.keys():
            page.unlink()  # of a module that is no more
    (GENERATED / "differences.md").write_text("\n".join(differences()))
    (GENERATED / "commands.md").write_text(commands())
    app.add_html_math_renderer("mathml", (inline_formula, None), (formula, None))
    app.connect("autodoc-process-docstring", indented, priority=400)  # before numpydoc
    app.connect("autodoc-skip-member", listed)
    app.connect("missing-reference", at_home)
    app.connect("html-page-context", sidebar, priority=400)  # before Furo
