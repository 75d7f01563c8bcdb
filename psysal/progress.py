"""Counter of work that is done, in a terminal or in Jupyter; silent elsewhere.

Place: below everything that takes long in Python.  It is drawn on standard error.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

__all__ = ["bars", "counter"]


def bars(console: Any, *columns: Any, **options: Any) -> Any:
    """Bars of work that is done: its name, bar, how many of how many, time left.

    Parameters
    ----------
    console : rich.console.Console
        Terminal to draw on.
    *columns : rich.progress.ProgressColumn
        More columns, at the end.
    **options
        As ``rich.progress.Progress`` takes them.

    Returns
    -------
    rich.progress.Progress
    """
    from rich import progress

    return progress.Progress(
        progress.TextColumn("{task.description}"),
        progress.BarColumn(),
        progress.MofNCompleteColumn(),
        progress.TimeRemainingColumn(),
        *columns,
        console=console,
        **options,
    )


@contextmanager
def counter(
    doing: str, total: int, wanted: bool | Callable[[int], None] = True
) -> Iterator[Callable[[int], None]]:
    """Show how much of some work is done, while it is done.

    Parameters
    ----------
    doing : str
        Name of the work.
    total : int
        Number of its parts; of one part nothing is shown.
    wanted : bool or callable
        Whether to show it, or a function to call in place of it.

    Yields
    ------
    callable
        Takes the number of parts that are done.

    Examples
    --------
    >>> with counter("counting", 3, print) as advance:
    ...     advance(3)
    3
    """
    from rich.console import Console

    console = Console(stderr=True)
    if callable(wanted):
        yield wanted
    elif not wanted or total < 2 or not (console.is_jupyter or console.is_terminal):
        yield lambda done: None
    elif console.is_jupyter:  # rich needs ipywidgets there, which few have
        from IPython.display import Pretty, display

        shown = display(Pretty(doing), display_id=True)
        yield lambda done: shown.update(Pretty(f"{doing}: {done:,} of {total:,}"))
    else:
        with bars(console) as drawn:
            bar = drawn.add_task(doing, total=total)
            yield lambda done: drawn.update(bar, completed=done)
