"""Memory that is free, asked before work that needs much of it, and kept for more of the same.

Place: below the models.  What the system says is taken as it stands: another program may take the
memory a moment later.
"""

import os
from contextlib import suppress
from pathlib import Path

__all__ = ["check_memory", "free_memory", "keep_freed_memory"]

KEPT_BYTES = 256 << 20
_TRIM_THRESHOLD, _MMAP_THRESHOLD = -1, -3  # M_... of malloc.h
_LARGEST_MMAP_THRESHOLD = 32 << 20  # that glibc takes


def free_memory() -> int | None:
    """Memory that this process may still take.

    Returns
    -------
    int or None
        Bytes: the least of what the machine and the process's control group (as of a container)
        have left; None where the system does not tell.

    Examples
    --------
    >>> free_memory() is None or free_memory() > 0
    True
    """
    free = [_machine_memory(), *(_group_memory(folder) for folder in _groups())]
    return min((size for size in free if size is not None), default=None)


def check_memory(need: float, what: str) -> None:
    """Refuse work that needs more memory than is free.

    Parameters
    ----------
    need : float
        Bytes that the work needs at its peak.
    what : str
        Work, for the message.

    Raises
    ------
    MemoryError
        There is less; the message is a sentence.

    Examples
    --------
    >>> check_memory(1e6, "an image of 300 x 200 pixels")
    """
    if (free := free_memory()) is None or need <= free:
        return
    raise MemoryError(
        f"{what} needs about {need / 1e9:.1f} GB of memory, and {free / 1e9:.1f} GB are free; "
        "shrink the image, or close other programs"
    )


def keep_freed_memory() -> None:
    """Keep what this process frees, up to 256 MB, for its next image.

    For programs that map image after image.  glibc gives planes of an image back to the system, and
    fresh ones cost more than what is computed in many of them.  Other systems have no such choice.

    Examples
    --------
    >>> keep_freed_memory()
    """
    import ctypes

    with suppress(OSError, AttributeError, TypeError):  # no C library that can be asked
        mallopt = ctypes.CDLL(None).mallopt
        mallopt(_TRIM_THRESHOLD, KEPT_BYTES)
        mallopt(_MMAP_THRESHOLD, _LARGEST_MMAP_THRESHOLD)


def _machine_memory() -> int | None:
    try:
        for line in Path("/proc/meminfo").read_text().splitlines():
            if line.startswith("MemAvailable:"):
                return int(line.split()[1]) << 10
        return os.sysconf("SC_AVPHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    except (OSError, ValueError, AttributeError):  # of Windows and macOS
        return None


def _groups() -> list[Path]:
    """Folders of the control groups that limit this process, of either version."""
    root, folders = Path("/sys/fs/cgroup"), []
    try:
        lines = Path("/proc/self/cgroup").read_text().splitlines()
    except OSError:
        return []
    for line in lines:
        _, controllers, path = line.split(":", 2)
        if not controllers or "memory" in controllers.split(","):
            top = root / "memory" if controllers else root
            inner = top / path.strip("/")
            folders += [inner, *inner.parents]
    return [folder for folder in folders if folder.is_relative_to(root)]


def _group_memory(folder: Path) -> int | None:
    """Bytes that a control group has left; what it holds of files can be given up."""
    names = (("memory.max", "memory.current"), ("memory.limit_in_bytes", "memory.usage_in_bytes"))
    for limit, used in names:
        try:
            left = int((folder / limit).read_text()) - int((folder / used).read_text())
            stat = dict(line.split() for line in (folder / "memory.stat").read_text().splitlines())
            return left + int(stat.get("inactive_file", 0))
        except (OSError, ValueError):  # none, or "max"
            continue
    return None
