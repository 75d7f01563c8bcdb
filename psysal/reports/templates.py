"""Templates of the pages, and what they may call.

Place in the pipeline: names of templates -> [templates] -> pages of a comparison, of photographs.
"""

import re
from typing import Any

from psysal.optional import require

__all__: list[str] = []


def environment() -> Any:
    """Environment of jinja2 that finds the templates beside this module; escapes what it shows."""
    jinja2 = require("jinja2")
    made = jinja2.Environment(
        loader=jinja2.PackageLoader("psysal", "reports"),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=jinja2.StrictUndefined,
    )
    made.filters["breakable"] = _breakable
    return made


def _breakable(name: str) -> Any:
    """A name that may break after underscores and before dots."""
    from markupsafe import Markup, escape

    return Markup(re.sub(r"(?<=_)|(?=\.)", "<wbr>", str(escape(name))))
