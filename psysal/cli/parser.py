"""Commands as the command line parses them: examples in the help, options in the errors.

Place: between Typer and the functions of the commands.
"""

import inspect
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import typer
from typer.core import TyperCommand

from psysal.cli.console import name_options, with_options

__all__ = ["Command", "examples_text", "help_of"]

RENAMED = {
    "--map": "--map-only",
    "--show": "--open",
    "--without-first": "--drop-first-fixation",
    "--work": "--workdir",
}
"""New names of options by their old ones."""


class Command(TyperCommand):
    """Command whose errors name its options, where the library names arguments."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Parse as ever; an unknown option that has another name now says that."""
        name_options(
            {
                option.name: max(option.opts, key=len)
                for option in self.params
                if option.name and option.opts[0].startswith("-")
            }
        )
        try:
            with _options_named():
                return super().parse_args(ctx, args)
        except Exception as error:
            new = RENAMED.get(getattr(error, "option_name", ""))
            if any(new in option.opts for option in self.params):
                error.message += f"; it is {new} now"  # type: ignore[attr-defined]
                error.possibilities = None  # type: ignore[attr-defined]
            raise

    def invoke(self, ctx: Any) -> Any:
        """Run the command."""
        with _options_named():
            return super().invoke(ctx)


@contextmanager
def _options_named() -> Iterator[None]:
    """Usage errors with options in place of arguments."""
    try:
        yield
    except typer.BadParameter as error:
        error.message = with_options(error.message)
        raise


def help_of(function: Callable[..., Any], *examples: str) -> dict[str, Any]:
    """Class and help of a command.

    Parameters
    ----------
    function : callable
        Its docstring is the help; lines of a paragraph are joined, as terminals break them.
    *examples : str
        Command lines, which the help shows below its options.

    Returns
    -------
    dict
        Keywords of Typer.
    """
    text = re.sub(r"(?<!\n)\n(?!\n)", " ", inspect.cleandoc(function.__doc__ or ""))
    return {"cls": Command, "help": text, "epilog": examples_text(*examples)}


def examples_text(*examples: str) -> str:
    """Examples as the end of a help."""
    return "\n\n".join(("Examples:", *examples))
