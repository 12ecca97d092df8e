"""How much memory processes may take, and the limit that makes a process fail by itself before the system kills one."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_BASE_MEMORY = 2**30
"""Of a worker, for the libraries, the model and the file: what one needs at least."""

_BYTES_PER_PX = 48
"""What a picture takes at most while it is decoded: measured 45 for 16 bits with transparency, 6 for ordinary ones."""

_MEMORY_INFO = Path("/proc/meminfo")
_OWN_GROUP = Path("/proc/self/cgroup")
_GROUPS = Path("/sys/fs/cgroup")
_VERSION_1_LIMIT = _GROUPS / "memory" / "memory.limit_in_bytes"


def find_free_memory() -> int | None:
    """Return the bytes that processes may take now: those available, or a smaller limit of a container.

    None where the system does not say, as Windows.
    """
    found = [*_read_available(), *_read_group_limits()]
    return min(found) if found else None


def _read_available() -> Iterator[int]:
    try:
        lines = dict(line.split(":", 1) for line in _MEMORY_INFO.read_text().splitlines())
        yield int(lines["MemAvailable"].split()[0]) * 1024
    except (OSError, KeyError, ValueError):  # not Linux: what the machine has
        names = getattr(os, "sysconf_names", {})
        if "SC_PHYS_PAGES" in names:
            yield os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")


def _read_group_limits() -> Iterator[int]:
    """Yield the limits of the control groups (version 2, then 1) that this process is in."""
    paths = [_GROUPS / "memory.max", _VERSION_1_LIMIT]
    try:
        own = _OWN_GROUP.read_text().splitlines()
    except OSError:
        own = []
    for line in own:
        _, controllers, name = line.split(":", 2)
        if not controllers:  # version 2
            group = _GROUPS / name.lstrip("/")
            paths += [folder / "memory.max" for folder in (group, *group.parents) if folder.is_relative_to(_GROUPS)]
    for path in paths:
        try:
            text = path.read_text().strip()
        except OSError:
            continue
        if text.isdecimal():  # "max" is none
            yield int(text)


def estimate_memory(n_px: int) -> int:
    """Return the bytes that a process takes at most while it reads a picture of so many pixels."""
    return _BASE_MEMORY + _BYTES_PER_PX * n_px


@contextmanager
def limit_memory_to(n_bytes: int) -> Iterator[None]:
    """Lower the limit on this process's memory for a while, unless it has a lower one, or none. Not under Windows."""
    try:
        import resource
    except ImportError:  # Windows
        yield
        return
    before, most = resource.getrlimit(resource.RLIMIT_DATA)
    if before >= 0:  # none is set in a process that is not a worker
        resource.setrlimit(resource.RLIMIT_DATA, (min(n_bytes, before), most))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_DATA, (before, most))


def limit_memory(n_bytes: int) -> None:
    """Limit the memory of this process: an allocation past the limit fails. No effect under Windows.

    A process that had a lower limit keeps it.
    """
    try:
        import resource
    except ImportError:  # Windows
        return
    _, most = resource.getrlimit(resource.RLIMIT_DATA)
    resource.setrlimit(resource.RLIMIT_DATA, (n_bytes if most < 0 else min(n_bytes, most), most))
