"""``psysal search``: an index of a folder of photographs, and the photographs most like another.

Place: files -> [index] -> folder on disk -> [query] -> paths and how alike they are, on standard
output, and a contact sheet.
"""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Annotated, Any, Literal

import typer

from psysal.archive.inputs import find
from psysal.archive.storage import shown
from psysal.cli.console import MaxPixels, Overwrite, Ppd, Threads, archive, plots_for, say
from psysal.image import MAX_PIXELS

__all__ = ["search"]

FOLDER = Path("search-index")

search = typer.Typer(
    no_args_is_help=True,
    rich_markup_mode="rich",
    help="Find the photographs most like another: index a folder, then query it.",
)


@search.command("index")
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
            help="How it is searched: every vector by NumPy or by FAISS, or FAISS's short codes "
            "for millions. Default: exact."
        ),
    ] = None,
    pooling: Annotated[
        str | None,
        typer.Option(
            help="sum, average, max, power_sum, generalized_max or democratic. "
            "Default: generalized_max."
        ),
    ] = None,
    model: Annotated[
        str | None,
        typer.Option(
            help="Whose saliency weighs what is seen, as psysal map has them; none for no weights. "
            "Default: murray2011."
        ),
    ] = None,
    ppd: Ppd = None,
    max_pixels: MaxPixels = MAX_PIXELS,
    threads: Threads = None,
) -> None:
    """Describe photographs and put them into an index.

    The same command again adds only what is new or has changed, also after an interruption.

    Photographs that are gone stay in the index.
    """
    from psysal.archive import photograph_index

    counts = {"added": 0, "kept": 0, "failed": 0}
    with _sentences(), archive("indexing") as (total, advance):

        def tell(found: photograph_index.Described) -> None:
            kind = "failed" if found.error else "kept" if found.vector is None else "added"
            counts[kind] += 1
            if found.error or found.empty:
                say(str(found.error or found.empty), style="red" if found.error else "yellow")
            advance(sum(counts.values()), counts["failed"])

        count = sum(1 for _ in find(images))
        if not count:
            raise OSError("no images were found; name a folder that has some")
        total(count)
        how = {"pooling": pooling, "model": model, "ppd": ppd}
        index, describe = photograph_index.opened(output, engine=engine, **how)
        with index:
            photograph_index.add(index, describe, images, threads=threads, max_pixels=max_pixels, tell=tell)
            held = len(index)
        total(sum(counts.values()))  # an image that came twice was counted twice
    told = ", ".join(f"{count:,} {kind}" for kind, count in counts.items() if count)
    say(f"{told}; {output} holds {held:,}")
    raise typer.Exit(1 if counts["failed"] else 0)


@search.command("query")
def query_command(
    images: Annotated[
        list[str], typer.Argument(metavar="IMAGE...", help="Photographs to look for.")
    ],
    index: Annotated[
        list[Path] | None,
        typer.Option(
            "-i",
            "--index",
            metavar="INDEX",
            help="Folder of the index; again for more, which are searched as one. "
            f"Default: {FOLDER}.",
        ),
    ] = None,
    count: Annotated[int, typer.Option("-k", "--count", min=1, help="Results for each.")] = 10,
    output: Annotated[
        Path | None,
        typer.Option("-o", "--output", metavar="FILE", help="A contact sheet of them, PNG."),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON, not lines.")] = False,
    overwrite: Overwrite = False,
    max_pixels: MaxPixels = MAX_PIXELS,
    threads: Threads = None,
) -> None:
    """Find the photographs most like each IMAGE, best first.

    Prints a line for each: the image, how alike from -1 to 1, and the path, with tabs between.
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
    answers: list[tuple[photograph_index.Described, list[Any]]] = []
    failed = False
    with _sentences(), ExitStack() as open_ones, archive("looking") as (total, advance):
        indexes, describe = photograph_index.reopened(index or [FOLDER])
        for folder in indexes:
            open_ones.enter_context(folder)
        total(sum(1 for _ in find(images)))
        each = photograph_index.vectors(describe, images, threads=threads, max_pixels=max_pixels)
        for done, found in enumerate(each, 1):
            if found.vector is None or found.empty:
                say(str(found.error or found.empty), style="red")
                failed = True
            else:
                answers += [(found, search_all(indexes, found.vector[None], count)[0])]
            advance(done, 0)
        if output and answers:
            files.save(output, photograph_index.sheet(answers), overwrite=overwrite)
    if as_json:
        print(json.dumps([_told(found, matches) for found, matches in answers], indent=1))
    else:
        for found, matches in answers:
            for match in matches:
                print(shown(found.source), f"{match.similarity:.4f}", shown(match.name), sep="\t")
    raise typer.Exit(1 if failed or not answers else 0)


def _told(found: Any, matches: list[Any]) -> dict[str, Any]:
    """An answer as JSON; an image by the index that knows it."""
    return {
        "image": found.source,
        "matches": [
            {"image": m.name, "similarity": m.similarity, "index": str(m.folder)} for m in matches
        ],
    }


@contextmanager
def _sentences() -> Iterator[None]:
    """What goes wrong with all of it, in a sentence and the exit status."""
    try:
        yield
    except (ValueError, ImportError) as error:
        raise typer.BadParameter(str(error)) from None
    except OSError as error:
        say(str(error), style="red")
        raise typer.Exit(1) from None
    except KeyboardInterrupt:
        say("interrupted; the same command goes on where it stopped", style="red")
        raise typer.Exit(1) from None
