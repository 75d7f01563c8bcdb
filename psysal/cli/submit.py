"""``psysal submit``: a model's log densities as a benchmark takes them, or a check of such a file.

Place: folder of photographs, model -> [submission] -> HDF5 file.
"""

from collections.abc import Callable
from itertools import islice
from pathlib import Path
from typing import Annotated, Any, Literal

import typer

from psysal.cli import completion
from psysal.cli.console import Overwrite, Ppd, choose, progress, put, say, with_options
from psysal.cli.signals import stoppable

__all__ = ["submit"]

PROBLEMS_SHOWN = 20


def submit(
    benchmark: Annotated[
        Literal["tuebingen"], typer.Argument(help="The MIT/Tuebingen benchmark.")
    ],
    images: Annotated[
        Path,
        typer.Argument(
            metavar="IMAGES", help="Folder of the benchmark's photographs, with its subfolders."
        ),
    ],
    model: Annotated[
        str,
        typer.Option(
            autocompletion=completion.maps,
            help="Model of densities by name, learned:FILE or onnx:FILE; or maps:FOLDER for "
            "densities in files."
        ),
    ] = "learned",
    output: Annotated[
        Path, typer.Option("-o", "--output", metavar="FILE", help="HDF5 file to write.")
    ] = Path("submission.h5"),
    values: Annotated[
        Literal["density", "log"] | None,
        typer.Option(
            help="Kind of the values in maps:FOLDER. Default: log densities, if all are negative "
            "and sum to 1 after exp."
        ),
    ] = None,
    check: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Check this file, and write none."),
    ] = None,
    ppd: Ppd = None,
    overwrite: Overwrite = False,
) -> None:  # fmt: skip
    """Write the log densities of all images to a file that the benchmark takes, or check one.

    They are checked before and after: names, sizes, finite values, a logsumexp of 0 to 1e-6.
    """
    from psysal.evaluation.submission import images_in, submission_problems, write_submission

    with stoppable(lambda: say("interrupted; nothing was written", style="yellow")):
        try:
            pictures = images_in(images)
            steps = len(pictures) if check else 2 * len(pictures)
            with progress("checking" if check else "writing", steps) as advance:
                on_result = _counter(advance)
                if check:
                    problems = submission_problems(check, pictures, on_result=on_result)
                    shown = list(islice(problems, PROBLEMS_SHOWN))
                    more = sum(1 for _ in problems)
                else:
                    chosen = _model(model, ppd, values)
                    write_submission(
                        chosen, pictures, output, overwrite=overwrite, on_result=on_result
                    )
        except FileExistsError as error:
            say(str(error), style="red")
            raise typer.Exit(1) from None
        except (ValueError, ImportError, OSError) as error:
            say(with_options(str(error)), style="red")
            raise typer.Exit(1) from None
        facts = f"log densities of {len(pictures):,} images, finite, of their sizes, normalized"
        if check:
            for problem in shown:
                say(problem, style="red")
            if more:
                say(f"and {more:,} more", style="red")
            if shown:
                raise typer.Exit(1)
            put(f"{check}: {facts}")
        else:
            put(f"{output}: {facts}, by {model}")


def _counter(advance: Callable[[int], None]) -> Callable[[str], None]:
    """Function that counts the images whose names it takes."""
    done = 0

    def on_result(name: str) -> None:
        nonlocal done
        done += 1
        advance(done)

    return on_result


def _model(name: str, ppd: float | None, values: str | None) -> Any:
    """Model of a name, or of densities in files."""
    from psysal.models.precomputed import PrecomputedMaps

    if name.startswith("maps:"):
        return PrecomputedMaps(name.removeprefix("maps:"), values=values)
    return choose(name, ppd)
