"""Photographs to maps, from one to a whole archive: what is done stays done, however it ends.

    sources -> [run database: done before?] -> claimed -> workers: task -> recorded -> manifest

Place: above the models.  Workers write maps themselves, to a folder, a store or an address;
back comes a record alone.  Neither order nor workers nor interruptions show in what is written.

A photograph is mapped anew when its map is missing, failed or was made with other settings, or
when the photograph has changed since; a file that is no map of it is kept unless ``overwrite``.
"""

import os
import shutil
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, closing, nullcontext, suppress
from dataclasses import dataclass, field
from functools import cached_property, partial
from itertools import chain, islice
from pathlib import Path
from threading import Thread

from psysal import files
from psysal.archive import names, stores
from psysal.archive.inputs import STDIN, Source, find
from psysal.archive.manifest import MANIFESTS, write_manifest
from psysal.archive.run_database import Entry, MapRecord, RunDatabase
from psysal.archive.task import (
    FIGURE_ENDS,
    Failure,
    MapTask,
    Output,
    Settings,
    error_sentence,
    map_photograph,
    output_at,
    plan_task,
    shares_map,
)
from psysal.archive.workers import Workers, open_workers
from psysal.optional import require
from psysal.threads import in_order

__all__ = ["MapResult", "map_all"]

CHUNK = 256  # photographs looked at together
LOOKUPS = 32  # requests to other machines at a time
COUNTING_PAUSE_S = 0.01  # which the run has for itself after a chunk is counted


@dataclass(frozen=True)
class MapResult:
    """Result for a photograph: files, or the reason why there are none.

    Attributes
    ----------
    source : str
        The photograph as it was found.
    written : tuple of str
        Files that were written.
    kept : bool
        Its map is there from before.
    error : str, optional
        Sentence that says why it has no map.
    remark : str
        Sentence that says what was done to the photograph before it was mapped.
    """

    source: str
    written: tuple[str, ...] = ()
    kept: bool = False
    error: str | None = None
    remark: str = ""


def map_all(
    inputs: Sequence[str],
    settings: Settings,
    output: str,
    *,
    jobs: int | None = None,
    cluster: str | None = None,
    column: str = "image",
    manifest: Path | None = None,
    overwrite: bool = False,
    threads: int | None = None,
    on_result: Callable[[MapResult], None] = lambda result: None,
    on_total: Callable[[int | None], None] = lambda count: None,
    on_warning: Callable[[str], None] = lambda sentence: None,
) -> None:
    """Map every photograph that has no map yet, and write the manifest.

    Parameters
    ----------
    inputs : sequence of str
        Files, globs, folders, addresses, or lists of these in a .csv or .parquet.
    settings : Settings
        Model and format: MapSettings, or CropSettings for crops instead of maps.
    output : str
        A folder or an address, or a store by its suffix, .zarr or .h5.
    jobs : int, optional
        Number of worker processes, of one thread each; by default this process works.
    cluster : str, optional
        Address of a Dask scheduler, whose workers work.
    column : str
        Column of a list that names photographs.
    manifest : Path, optional
        A .jsonl or .parquet; by default "manifest.jsonl" in the folder, or beside the store.
    overwrite : bool
        Make all anew, and replace files that are no maps of theirs; no photograph.
    threads : int, optional
        Threads of this process, if it works; by default every processor.
    on_result : callable, optional
        Called with the :class:`MapResult` of every photograph, in the order they are done.
    on_total : callable, optional
        Called if there is more than one photograph: with None, and with their number when that
        is known, then from another thread.
    on_warning : callable, optional
        Called with a sentence about anything else that should be known.

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
    >>> from psysal import mapfile
    >>> from psysal.archive.task import MapSettings
    >>> with TemporaryDirectory() as folder:
    ...     picture = mapfile.encode(np.zeros((30, 40)), "png8")
    ...     _ = Path(folder, "cat.png").write_bytes(picture)
    ...     settings = MapSettings(psysal.Murray2011(ppd=40), "murray2011", ppd=40)
    ...     for _ in range(2):
    ...         map_all([folder], settings, f"{folder}/maps", on_result=lambda r: print(r.kept))
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
    where = output_at(output)
    manifest = manifest or where.manifest
    if manifest.suffix.lower() not in MANIFESTS:
        raise ValueError(f"the manifest must end in {' or '.join(MANIFESTS)}, got {manifest}")
    if manifest.suffix.lower() == ".parquet":
        require("pyarrow")
    if where.store:
        require("zarr" if where.store == "zarr" else "h5py")
    sources = find(inputs, output=where.place, column=column, on_warning=on_warning)
    first = list(islice(sources, 2))
    if not first:
        raise ValueError(f"there are no images in {', '.join(map(files.shown, inputs))}")
    files.make_folder(where.manifest.parent)
    if not where.is_address:
        files.make_folder(where.root)
    path = where.manifest.with_suffix(".db")
    with closing(RunDatabase(path, settings.text(where.store), on_warning)) as database:
        run = _Run(inputs, settings, where, database, overwrite, on_result, on_warning)
        workers: AbstractContextManager[Workers | None] = nullcontext()
        if jobs or cluster:
            workers = open_workers(
                map_photograph, run.record, jobs=jobs, cluster=cluster, on_warning=on_warning
            )
        try:
            with workers as pool:
                files.remove_drafts(manifest)  # a dead run's
                if len(first) > 1:
                    on_total(None)
                    again = partial(find, inputs, output=where.place, column=column)
                    Thread(target=_count, args=(again, on_total), daemon=True).start()
                run.map(chain(first, sources), pool, threads)
        except BaseException:
            with suppress(OSError):
                if jobs:  # workers were killed
                    run.remove_drafts()
                if not run.is_deleted:
                    write_manifest(manifest, database)
            raise
        write_manifest(manifest, database)


def _count(find: Callable[[], Iterable[Source]], on_total: Callable[[int | None], None]) -> None:
    """Count the photographs while the first are mapped: an archive is not listed before."""
    with suppress(Exception):  # which the run itself meets
        number = 0
        for number, _ in enumerate(find(), 1):
            if number % CHUNK == 0:  # else the run waits for Python's lock at every turn
                time.sleep(COUNTING_PAUSE_S)
        on_total(number)


@dataclass
class _Run:
    """Photographs on their way to maps, each noted in the database before and after."""

    inputs: Sequence[str]
    settings: Settings
    output: Output
    database: RunDatabase
    overwrite: bool
    on_result: Callable[[MapResult], None]
    on_warning: Callable[[str], None]
    packed: str | None = None
    """Version of the HDF5 store, which has all maps."""
    groups: set[str] = field(default_factory=set)
    """Groups of the Zarr store that are there."""

    def map(self, sources: Iterator[Source], pool: Workers | None, threads: int | None) -> None:
        """Map the photographs that have no map yet, in this process or by a pool of workers."""
        if self.output.store == "hdf5":
            self.open_hdf5()
        threads = 1 if pool else threads
        while chunk := list(islice(sources, CHUNK)):
            new: dict[str, tuple[MapTask, Entry]] = {}  # once, however often it is named
            for source in chunk:
                task = plan_task(source, self.settings, self.output, threads)
                entry = self.database.entry(source.key, task.target)
                if not entry.in_run:
                    new.setdefault(source.key, (task, entry))
            lookups = [partial(self.state, task, entry) for task, entry in new.values()]
            far = self.output.is_address or any(source.is_address for source in chunk)
            states = in_order(lookups, LOOKUPS) if far else (lookup() for lookup in lookups)
            for (key, (task, _)), (is_done, problem) in zip(new.items(), states, strict=True):
                if is_done:
                    self.database.keep(key, task.target)
                    self.on_result(MapResult(task.source.name, kept=True))
                elif problem := (
                    task.source.problem
                    or (
                        (owner := self.database.owner(key, task.target))
                        and self.conflict(task, *owner)
                    )
                    or self.unusable(task)
                    or problem
                    or (self.output.store and self.make_groups(task))
                ):
                    error = error_sentence(task.source, ValueError(problem))
                    self.record(task, Failure(error))
                else:
                    self.remove_old_figures(task)
                    self.database.claim(key, task.target)
                    if pool:
                        pool.submit(task)
                    else:
                        self.record(task, map_photograph(task))
        if pool:
            pool.finish()
            self.remove_drafts()
        if self.output.store == "hdf5":
            self.pack_hdf5()

    @property
    def is_deleted(self) -> bool:
        """True if the output is not there any more, or is another that has its name."""
        places: list[str | Path] = [self.database.path]
        if not self.output.is_address:
            places.append(self.output.root + ("zarr.json" if "zarr.json" in self.groups else ""))
        return not all(map(os.path.exists, places))

    def remove_old_figures(self, task: MapTask) -> None:
        """Remove the figures of an earlier map of the photograph that was made otherwise."""
        others = self.database.other_files(task.source.key, task.target)
        for name, size, settings, version in others:
            is_of_this_map = shares_map(settings, self.database.settings) and (
                version == _version(task.source.place)
            )
            if is_of_this_map or not name.endswith(FIGURE_ENDS):
                continue
            place = self.output.root + name
            now = files.size(place)
            if now is not None and size in (None, now):
                files.remove(place)
            elif now is not None:
                self.on_warning(
                    f"{files.shown(self.output.label + name)}: was changed since it was drawn, "
                    "and was kept; it is not of the map beside it"
                )
            self.database.forget(name)

    def record(self, task: MapTask, result: MapRecord | Failure | Exception) -> None:
        """Note and say what became of a photograph; an OSError if the disk is full."""
        name, key = task.source.name, task.source.key
        if self.is_deleted:
            raise OSError(
                f"{self.output.place}: was deleted while maps were written to it; "
                "remove what is left of it and map the photographs again"
            )
        if isinstance(result, MapRecord):
            self.database.done(key, task.target, result)
            self.on_result(MapResult(name, task.labels, remark=result.remark))
            return
        if isinstance(result, Exception):
            result = Failure(error_sentence(task.source, result), partly=True)
        self.database.failed(key, task.target.name, result.error, partly=result.partly)
        if result.disk_full:
            raise OSError(f"{result.error}; make room and try again")
        self.on_result(MapResult(name, error=result.error))

    def state(self, task: MapTask, entry: Entry) -> tuple[bool, str | None]:
        """True if a map is there as it should be, and a sentence if it must not be made."""
        if task.source.problem:
            return False, None
        try:
            sizes = [files.size(place) for place in task.places]
        except OSError as error:
            return False, str(error)
        if entry.claimed:  # a run died here
            for place in task.places:
                files.remove_drafts(place)
        else:
            for name, now, before in zip(task.target.files, sizes, entry.sizes, strict=True):
                if now not in (None, before) and (loss := self.loss(task, name)):
                    return False, loss
        if self.overwrite or entry.status != "done":
            return False, None
        is_whole = None not in sizes and sizes == entry.sizes
        is_packed = self.packed is not None and self.packed == entry.packed
        is_done = (
            (is_whole or is_packed)
            and entry.settings == self.database.settings
            and entry.version == _version(task.source.place)
        )
        return is_done, None

    def loss(self, task: MapTask, name: str) -> str | None:
        """Sentence about what is lost if a file that is no map of ours is written over."""
        label = files.shown(self.output.label + name)
        if not self.output.is_address:
            path = files.resolved(self.output.root + name)
            if path in self.named or path == files.resolved(task.source.place):
                return (
                    f"its {self.settings.noun} would replace the photograph {label}; "
                    "choose another output folder"
                )
        if self.overwrite:
            return None
        return f"{label} is already there and was kept; overwrite=True replaces it"

    @cached_property
    def named(self) -> set[str]:
        """Photographs that were named themselves."""
        return {files.resolved(name) for name in self.inputs}

    def conflict(self, task: MapTask, owner: str, in_this_run: bool) -> str | None:
        """Sentence that says that a file is of another photograph's map, and stays that."""
        if self.overwrite and not in_this_run:
            return None
        noun = self.settings.noun
        return (
            f"its {noun} would be {task.labels[0]}, as that of {files.shown(owner)}; "
            f"{noun} them into different folders"
            + ("" if in_this_run else ", or overwrite=True replaces it")
        )

    def unusable(self, task: MapTask) -> str | None:
        """Sentence that says why this system takes the name of a map for something else."""
        if self.output.is_address:
            return None
        noun = self.settings.noun
        if names.IS_WINDOWS and (part := names.reserved_by_windows(task.target.name)):
            return f"its {noun} would be {task.labels[0]}, but Windows takes no {part!r}; rename it"
        if self.ignores_case and (
            owner := names.used_by(self.database, task.target.name, task.source.label)
        ):
            return (
                f"its {noun} would be {task.labels[0]}, which on this disk is that of {owner}; "
                f"{noun} them into different folders"
            )
        return None

    @cached_property
    def ignores_case(self) -> bool:
        """True if the disk takes A and a for one name."""
        return names.ignores_case(self.database.path)

    def make_groups(self, task: MapTask) -> str | None:
        """Make the groups above a map in a store; a sentence if the store cannot hold it."""
        name = task.target.name
        try:
            stores.check(name)
            groups = stores.zarr_groups(name) if self.output.store == "zarr" else {}
        except ValueError as error:
            return str(error)
        if other := self.database.above_or_below(name):
            return (
                f"one store cannot hold a map {min(name, other)} and another below it, "
                f"{max(name, other)}; rename one of the photographs"
            )
        for group, content in groups.items():
            place = self.output.root + group
            if group not in self.groups and files.size(place) is None:
                files.remove_drafts(place)
                files.write(place, content)
            self.groups.add(group)
        return None

    def remove_drafts(self) -> None:
        """Remove what workers left that were killed while they wrote what others did again."""
        if not self.output.is_address:
            for folder in self.database.folders():
                is_ours = partial(self.database.has_file, folder)
                files.remove_drafts_in(os.path.join(self.output.root, folder), is_ours)

    def open_hdf5(self) -> None:
        """See what the store is; an OSError if it is not as a run left it."""
        place = self.output.place
        files.remove_drafts(place)  # of a run that died
        self.packed = _version(place)
        self.database.packed(self.packed)  # if it died when it had just done it
        if self.packed and not (self.overwrite or self.database.has_packed(self.packed)):
            raise OSError(
                f"{place}: is there already and not as a run left it; it was kept, "
                "overwrite=True puts maps into it"
            )

    def pack_hdf5(self) -> None:
        """Put into the store what was written beside it.

        An OSError where it cannot be written; an earlier one is still there, as are the parts.
        """
        place, parts = self.output.place, self.output.root
        if next(self.database.unpacked(), None) is not None:
            self.database.packing(_version(place))
            for name, error in stores.pack(parts, self.database.unpacked(), place).items():
                self.database.refused(name, error)
                self.on_result(MapResult(name, error=error))
            self.database.packed(files.version(place))
        shutil.rmtree(parts, ignore_errors=True)


def _version(place: str) -> str | None:
    try:
        return files.version(place)
    except OSError:
        return None
