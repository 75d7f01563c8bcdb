"""Photographs to maps, from one to a whole archive: what is done stays done, however it ends.

    sources -> [ledger: done before?] -> workers: job -> ledger -> manifest

Place: above the models.  Workers write maps themselves, to a folder, a store or an address;
back comes a record alone.  Neither order nor workers nor interruptions show in what is written.

A photograph is mapped anew when its map is missing, failed or was made by another
recipe, or when it has changed since; a file that is no map of it is kept unless told.
"""

import os
import shutil
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from itertools import chain, islice
from pathlib import Path
from threading import Thread

from psysal.archive import storage, stores, workers
from psysal.archive.inputs import STDIN, Item, find
from psysal.archive.run_database import MANIFESTS, Ledger, Made, Row
from psysal.archive.task import Failure, Job, Output, Recipe, make, sentence
from psysal.archive.workers import Pool
from psysal.optional import require
from psysal.threads import in_order

__all__ = ["Outcome", "map_all"]

CHUNK = 256  # photographs looked at ahead of the workers
PAUSE = 0.01  # seconds that the run has for itself after so many are counted
LOOKUPS = 32  # questions to other machines at a time


@dataclass(frozen=True)
class Outcome:
    """What became of a photograph: files written, or kept from before, or why there are none."""

    source: str
    written: tuple[str, ...] = ()
    kept: bool = False
    error: str | None = None
    remark: str = ""


def map_all(
    inputs: Sequence[str],
    recipe: Recipe,
    output: str,
    *,
    jobs: int | None = None,
    cluster: str | None = None,
    column: str = "image",
    manifest: Path | None = None,
    overwrite: bool = False,
    threads: int | None = None,
    tell: Callable[[Outcome], None] = lambda outcome: None,
    total: Callable[[int | None], None] = lambda count: None,
    note: Callable[[str], None] = lambda text: None,
) -> None:
    """Map every photograph that has no map yet, and write the manifest.

    Parameters
    ----------
    inputs : sequence of str
        Files, globs, folders, addresses, or lists of these in a .csv or .parquet.
    recipe : Recipe
        What to make.
    output : str
        A folder or an address, or a store by its suffix, .zarr or .h5.
    jobs : int, optional
        Worker processes, of one thread each; without, this process works.
    cluster : str, optional
        The address of a Dask scheduler, whose workers work.
    column : str
        The one of lists that names photographs.
    manifest : Path, optional
        A .jsonl or .parquet; by default :attr:`Output.manifest`.
    overwrite : bool
        Make all anew, and replace files that are no maps of theirs; no photograph.
    threads : int, optional
        Of this process, if it works; by default every processor.
    tell : callable
        Told what became of every photograph, as it became.
    total : callable
        Told how many there are; None as long as that is not known but that there are more
        than one. It may be called from another thread.
    note : callable
        Told in a sentence what else should be known.

    Raises
    ------
    ValueError
        There are no photographs, or the options do not go together.
    OSError
        The output cannot be written or the disk is full; the cluster cannot be reached, or
        is lost; another run writes there. What was done is done.
    ImportError
        Something asked for needs a package that is not installed.

    Examples
    --------
    >>> import numpy as np, psysal
    >>> from tempfile import TemporaryDirectory
    >>> from psysal import image
    >>> from psysal import mapfile
    >>> with TemporaryDirectory() as folder:
    ...     picture = mapfile.encode(np.zeros((30, 40)), "png8")
    ...     _ = Path(folder, "cat.png").write_bytes(picture)
    ...     recipe = Recipe(psysal.Murray2011(ppd=40), "murray2011", ppd=40)
    ...     map_all([folder], recipe, f"{folder}/maps", tell=lambda outcome: print(outcome.kept))
    ...     map_all([folder], recipe, f"{folder}/maps", tell=lambda outcome: print(outcome.kept))
    ...     sorted(file.name for file in Path(folder, "maps").iterdir())
    False
    True
    ['cat.png', 'manifest.db', 'manifest.jsonl']
    """
    if jobs and cluster:
        raise ValueError("jobs and cluster cannot be given together; leave out jobs")
    if (jobs or cluster) and (threads or STDIN in inputs):
        raise ValueError(
            "workers have one thread each and no standard input; leave out "
            + ("threads" if threads else "-")
        )
    where = Output(output)
    manifest = manifest or where.manifest
    if manifest.suffix.lower() not in MANIFESTS:
        raise ValueError(f"the manifest must end in {' or '.join(MANIFESTS)}, got {manifest}")
    if manifest.suffix.lower() == ".parquet":
        require("pyarrow")
    if where.store:
        stores.need(where.store)
    found = find(inputs, output=where.place, column=column, note=note)
    head = list(islice(found, 2))
    if not head:
        raise ValueError(f"there are no images in {', '.join(map(storage.shown, inputs))}")
    total(1 if len(head) == 1 else None)
    where.prepare()
    with (
        Ledger(where.ledger, recipe.text(where.store)) as ledger,
        workers.pool(jobs, cluster, note) as pool,
    ):
        for place in (str(manifest), where.place):
            storage.clear_parts(place)  # of a run that died
        try:
            plan = _Plan(where, ledger, overwrite, inputs, tell)
            each = 1 if jobs or cluster else threads
            wanted = (Job(item, recipe, where, each) for item in chain(head, found))
            planned = plan.jobs(wanted)
            if len(head) > 1:
                again = partial(find, inputs, output=where.place, column=column)
                planned = _counted(planned, again, total)
            _run(pool, planned, ledger, tell)
            if jobs or cluster:
                _sweep(where, ledger)
            if where.store == "hdf5":
                _pack(where, ledger, tell)
        except BaseException:
            with suppress(OSError):
                ledger.write_manifest(manifest)
            raise
        ledger.write_manifest(manifest)


def _counted(
    jobs: Iterator[Job], find: Callable[[], Iterable[Item]], total: Callable[[int | None], None]
) -> Iterator[Job]:
    """The jobs.  From the first on the photographs are counted: an archive is not listed first."""

    def count() -> None:
        with suppress(Exception):  # which the run itself meets
            number = 0
            for number, _ in enumerate(find(), 1):
                if number % CHUNK == 0:  # else the run waits for Python's lock at every turn
                    time.sleep(PAUSE)
            total(number)

    for number, job in enumerate(jobs):
        if number == 0:
            Thread(target=count, daemon=True).start()
        yield job


def _run(pool: Pool, jobs: Iterable[Job], ledger: Ledger, tell: Callable[[Outcome], None]) -> None:
    for job, result in workers.work(pool, make, jobs):
        if isinstance(result, Exception):
            result = Failure(sentence(job.item, result), partly=True)
        if isinstance(result, Made):
            ledger.done(job.origin, job.target, result)
            tell(Outcome(job.item.source, job.written, remark=result.remark))
            continue
        ledger.failed(job.origin, job.target.name, result.error, partly=result.partly)
        if result.full:
            raise OSError(f"{result.error}; make room, and the same command goes on")
        tell(Outcome(job.item.source, error=result.error))


class _Plan:
    """Which photographs are mapped, and what is said of the others."""

    def __init__(
        self,
        output: Output,
        ledger: Ledger,
        overwrite: bool,
        inputs: Iterable[str],
        tell: Callable[[Outcome], None],
    ) -> None:
        self._output, self._ledger, self._overwrite, self._tell = output, ledger, overwrite, tell
        self._protected = {storage.resolved(name) for name in inputs}
        self._groups: set[str] = set()
        self._packed = _stamp(output.place) if output.store == "hdf5" else None
        ledger.packed(self._packed)  # if the last run died when it had just done it
        if self._packed and not (overwrite or ledger.has_packed(self._packed)):
            raise OSError(
                f"{output.place}: is there already and not as a run left it; it was kept, "
                "--overwrite puts maps into it"
            )

    def jobs(self, found: Iterator[Job]) -> Iterator[Job]:
        """Those that are to be done; each is in the ledger before it leaves."""
        for job, settled, problem in self._looked_at(found):
            if settled:
                if self._ledger.keep(job.origin, job.target):
                    self._tell(Outcome(job.item.source, kept=True))
                continue
            if self._ledger.met(job.origin):
                continue
            if problem is None:
                problem = self._claimed(job)
            elif not job.item.problem:  # whose files they are says more than that they are there
                problem = self._owned(job) or problem
            if problem is None:
                yield job
                continue
            error = sentence(job.item, ValueError(problem))
            self._ledger.failed(job.origin, job.target.name, error)
            self._tell(Outcome(job.item.source, error=error))

    def _claimed(self, job: Job) -> str | None:
        """None, if the job now owns its files; else why it cannot."""
        if job.output.store:
            try:
                self._make_room(job)
            except ValueError as error:
                return str(error)
        if self._ledger.claim(job.origin, job.target, take=self._overwrite) is None:
            return None
        return self._owned(job)

    def _owned(self, job: Job) -> str | None:
        """Why it cannot own its files: another photograph does."""
        owner = self._ledger.owner(job.origin, job.target, take=self._overwrite)
        if owner is None:
            return None
        earlier = self._ledger.owner(job.origin, job.target, take=True) is None
        return (
            f"its map would be {job.shown(job.target.name)}, as that of {storage.shown(owner)}; "
            "map them into different folders" + ", or --overwrite replaces it" * earlier
        )

    def _make_room(self, job: Job) -> None:
        """Make a place for a map in a store, or a ValueError where it has none."""
        name = job.target.name
        stores.check(name)
        if other := self._ledger.above_or_below(name):
            raise ValueError(
                f"one store cannot hold a map {min(name, other)} and another below it, "
                f"{max(name, other)}; rename one of the photographs"
            )
        if job.output.store == "zarr":
            for group, content in stores.zarr_groups(name).items():
                place = storage.join(job.output.root, group)
                if group not in self._groups and storage.sizes([place]) == [None]:
                    storage.clear_parts(place)
                    storage.write(place, content)
                self._groups.add(group)

    def _looked_at(self, found: Iterator[Job]) -> Iterator[tuple[Job, bool, str | None]]:
        """Each with what :meth:`_look` says; over a network, many are looked at together."""
        while some := list(islice(found, CHUNK)):
            rows = [self._ledger.row(job.origin, job.target) for job in some]
            looks = [partial(self._look, job, row) for job, row in zip(some, rows, strict=True)]
            far = any(map(storage.is_address, [self._output.root, *(job.source for job in some)]))
            yield from in_order(looks, LOOKUPS) if far else (look() for look in looks)

    def _look(self, job: Job, row: Row | None) -> tuple[Job, bool, str | None]:
        """Whether its map is there as it should be, and else what forbids making it."""
        if job.item.problem:
            return job, False, job.item.problem
        files = job.places
        try:
            there = storage.sizes(files)
        except OSError as error:
            return job, False, str(error)
        known = row.sizes if row else (None,) * len(there)
        if row and row.claimed:  # a run died here
            for place in files:
                storage.clear_parts(place)
        else:
            for name, place, now, before in zip(job.target.files, files, there, known, strict=True):
                if now not in (None, before) and (harm := self._harm(job, name, place)):
                    return job, False, harm
        if self._overwrite or row is None or row.status != "done":
            return job, False, None
        whole = list(known) == there and None not in there
        whole = whole or (row.packed is not None and row.packed == self._packed)
        settled = whole and row.recipe == self._ledger.recipe and _stamp(job.source) == row.stamp
        return job, settled, None

    def _harm(self, job: Job, name: str, place: str) -> str | None:
        """What would be lost if a file were written in the place of one that is no map of ours."""
        if not storage.is_address(place):
            real = storage.resolved(place)
            if real in self._protected or real == storage.resolved(job.source):
                return (
                    f"its map would replace the photograph {job.shown(name)}; "
                    "choose another output folder"
                )
        if self._overwrite:
            return None
        return f"{job.shown(name)} is already there and was kept; --overwrite replaces it"


def _stamp(place: str) -> str | None:
    try:
        return storage.stamp(place)
    except OSError:
        return None


def _sweep(output: Output, ledger: Ledger) -> None:
    """Remove what workers left that were killed while they wrote, when others did it again."""
    for folder in ledger.folders():
        for name in storage.in_parts(storage.join(output.root, folder)):
            if ledger.has(os.path.join(folder, name)):
                storage.clear_parts(storage.join(output.root, os.path.join(folder, name)))


def _pack(output: Output, ledger: Ledger, tell: Callable[[Outcome], None]) -> None:
    """Put into an HDF5 store what workers have written beside it.

    Raises
    ------
    OSError
        It cannot be written; what was there before is still there, and so are the parts.
    """
    if next(ledger.unpacked(), None) is not None:
        ledger.packing(_stamp(output.place))
        for name, error in stores.pack(output.root, ledger.unpacked(), output.place).items():
            ledger.refused(name, error)
            tell(Outcome(name, error=error))
        ledger.packed(storage.stamp(output.place))
    shutil.rmtree(output.root, ignore_errors=True)
