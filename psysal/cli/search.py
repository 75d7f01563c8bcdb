"""``psysal search``: an index of photographs, and the photographs most similar to another.

Place: files -> [index] -> folder on disk -> [query] -> paths and similarities on standard output,
and a contact sheet.
"""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from psysal.archive.inputs import find
from psysal.cli.console import MaxPixels, Overwrite, Ppd, Threads, archive, plots_for, say
from psysal.cli.parser import examples_text, help_of
from psysal.cli.signals import stoppable
from psysal.files import shown
from psysal.image import MAX_PIXELS

if TYPE_CHECKING:
    from psysal.archive.photograph_index import DescribedPhotograph
    from psysal.retrieval.index import Match

__all__ = ["search"]

FOLDER = Path("search-index")

search = typer.Typer(
    no_args_is_help=True,
    rich_markup_mode="rich",
    help="Find the photographs most similar to another: index a folder, then query it.",
    epilog=examples_text("psysal search index photos/", "psysal search query photo.jpg"),
)
"""The commands ``index`` and ``query``, for :mod:`psysal.cli.commands`."""


def index_command(
    images: Annotated[
        list[str],
        typer.Argument(metavar="DIR...", help="Folders, files, globs, lists or addresses."),
    ],
    output: Annotated[
        Path, typer.Option("-o", "--output", metavar="INDEX", help="Folder of the index.")
    ] = FOLDER,
    engine: Annotated[
        Literal["exact", "flat", "ivfpq"] | None,
        typer.Option(
            help="Search of every vector by NumPy (exact) or by FAISS (flat), or of FAISS's short "
            "codes, for millions (ivfpq). Default: exact."
        ),
    ] = None,
    pooling: Annotated[
        str | None,
        typer.Option(
            help="sum, average, max, power_sum, generalized_max or democratic. "
            "Default: generalized_max."
        ),
    ] = None,
    front_end: Annotated[
        Literal["deep", "sift"] | None,
        typer.Option(
            help="What describes the parts of a photograph: the network that comes with psysal, or "
            "SIFT, in grey. Default: deep."
        ),
    ] = None,
    model: Annotated[
        str | None,
        typer.Option(
            help="Saliency model that weights the parts of a photograph, as in psysal map, or "
            "none. Default: murray2011."
        ),
    ] = None,
    ppd: Ppd = None,
    profile: Annotated[
        Literal["convert", "ignore"] | None,
        typer.Option(
            help="Convert photographs' color profiles to sRGB, or take codes as they are. "
            "Default: convert."
        ),
    ] = None,
    max_pixels: MaxPixels = MAX_PIXELS,
    threads: Threads = None,
) -> None:
    """Describe photographs and put them into an index.

    The same command again, also after an interruption, adds only new and changed photographs.

    Deleted photographs stay in the index.
    """
    from psysal.archive import photograph_index

    counts = {"added": 0, "up to date": 0, "failed": 0}
    with _errors_reported(), archive("indexing") as (total, advance):

        def count_result(photograph: "DescribedPhotograph") -> None:
            described = photograph.vector is not None
            counts["failed" if photograph.error else "added" if described else "up to date"] += 1
            if photograph.error:
                say(photograph.error, style="red")
            elif photograph.empty:
                say(photograph.empty, style="yellow")
            if photograph.remark:
                say(photograph.remark)
            advance(sum(counts.values()), counts["failed"])

        count = sum(1 for _ in find(images))
        if not count:
            raise OSError("no images were found; name a folder that has some")
        total(count)
        index, descriptor = photograph_index.open_index(
            output,
            pooling=pooling,
            model=model,
            ppd=ppd,
            profile=profile,
            engine=engine,
            front_end=front_end,
        )
        with index:
            photograph_index.add(
                index,
                descriptor,
                images,
                threads=threads,
                max_pixels=max_pixels,
                on_result=count_result,
            )
            size = len(index)
        total(sum(counts.values()))  # images that are listed twice are added once
    summary = ", ".join(f"{count:,} {kind}" for kind, count in counts.items() if count)
    say(f"{summary}; {output} holds {size:,}")
    raise typer.Exit(1 if counts["failed"] else 0)


def query_command(
    images: Annotated[
        list[str], typer.Argument(metavar="IMAGE...", help="Photographs to search for.")
    ],
    index: Annotated[
        list[Path] | None,
        typer.Option(
            "-i",
            "--index",
            metavar="INDEX",
            help="Folder of the index. May be repeated; several are searched as one. "
            f"Default: {FOLDER}.",
        ),
    ] = None,
    count: Annotated[int, typer.Option("-k", "--count", min=1, help="Results for each.")] = 10,
    output: Annotated[
        Path | None,
        typer.Option("-o", "--output", metavar="FILE", help="Also a contact sheet, PNG."),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON, not lines.")] = False,
    overwrite: Overwrite = False,
    max_pixels: MaxPixels = MAX_PIXELS,
    threads: Threads = None,
) -> None:
    """Find the photographs most similar to each IMAGE, best first.

    Prints a line for each: image, similarity from -1 to 1, and path, separated by tabs.
    """
    import json

    from psysal import files
    from psysal.archive import photograph_index
    from psysal.retrieval.index import search_all

    if output:
        plots_for("-o")
        if output.exists() and not overwrite:
            say(f"{output}: is already there and was kept; --overwrite replaces it", style="red")
            raise typer.Exit(1)
    answers: list[tuple[DescribedPhotograph, list[Match]]] = []
    failed = False
    with _errors_reported(), ExitStack() as stack, archive("searching") as (total, advance):
        indexes, descriptor = photograph_index.open_indexes(index or [FOLDER])
        for each in indexes:
            stack.enter_context(each)
        total(sum(1 for _ in find(images)))
        photographs = photograph_index.describe(
            descriptor,
            images,
            threads=threads,
            max_pixels=max_pixels,
            profile=photograph_index.profile_of(indexes[0]),
        )
        for done, photograph in enumerate(photographs, 1):
            if photograph.vector is None or photograph.empty:
                say(str(photograph.error or photograph.empty), style="red")
                failed = True
            else:
                matches = search_all(indexes, photograph.vector[None], count)[0]
                answers.append((photograph, matches))
            advance(done, 0)
        if output and answers:
            files.save(output, photograph_index.contact_sheet(answers), overwrite=overwrite)
    if as_json:
        print(json.dumps([_as_json(*answer) for answer in answers], indent=1))
    else:
        for query, matches in answers:
            for match in matches:
                print(shown(query.source), f"{match.similarity:.4f}", shown(match.name), sep="\t")
    raise typer.Exit(1 if failed or not answers else 0)


for name, command, *examples in (
    (
        "index",
        index_command,
        "psysal search index photos/",
        "psysal search index photos/ --front-end sift -o sift",
    ),
    (
        "query",
        query_command,
        "psysal search query photo.jpg -k 5",
        "psysal search query photo.jpg --index sift -o matches.png",
    ),
):
    search.command(name, **help_of(command, *examples))(command)


def _as_json(query: "DescribedPhotograph", matches: "list[Match]") -> dict[str, Any]:
    """Matches of a photograph, each with the folder of its index."""
    return {
        "image": query.source,
        "matches": [
            {"image": m.name, "similarity": m.similarity, "index": str(m.folder)} for m in matches
        ],
    }


@contextmanager
def _errors_reported() -> Iterator[None]:
    """Errors and signals of the whole command as a sentence and an exit status."""
    try:
        with stoppable(
            lambda: say("interrupted; the same command goes on where it stopped", style="red")
        ):
            yield
    except (ValueError, ImportError) as error:
        raise typer.BadParameter(str(error)) from None
    except OSError as error:
        say(str(error), style="red")
        raise typer.Exit(1) from None
