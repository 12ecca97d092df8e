"""A folder that is watched: its files as they arrive, each once it has stopped growing."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from time import monotonic

from watchdog.events import FileSystemEvent, FileSystemEventHandler
from watchdog.observers import Observer

from pipeline.batch.jobs import Identity, identify
from pipeline.batch.sources import Source

SETTLED_S = 1.0
"""A file whose bytes and time stay the same for so long has stopped growing."""

_LOOK_EVERY_S = 30.0
"""The folder is looked through so often without being told to: network folders do not tell."""

ListSources = Callable[[], Sequence[object]]


class _Bell(FileSystemEventHandler):
    """Rings when anything happens in the folder."""

    def __init__(self) -> None:
        self.has_rung = threading.Event()

    def on_any_event(self, event: FileSystemEvent) -> None:
        """Ring, but not for files that were merely read."""
        if event.event_type not in ("opened", "closed_no_write"):
            self.has_rung.set()


def watch_folder(folder: Path, list_sources: ListSources, settled_s: float = SETTLED_S) -> Iterator[Source | None]:
    """Yield each file of a folder once it has settled, again if it changes; None where there is none at present.

    Parameters
    ----------
    folder : to watch, with the folders in it
    list_sources : lists what is in it
    settled_s : how long a file must have stayed the same
    """
    bell, observer = _Bell(), Observer()
    observer.schedule(bell, str(folder), recursive=True)
    observer.daemon = True
    observer.start()
    try:
        yield from _look(bell.has_rung, list_sources, settled_s)
    finally:
        observer.stop()
        observer.join()


def _look(has_rung: threading.Event, list_sources: ListSources, settled_s: float) -> Iterator[Source | None]:
    seen: dict[str, tuple[Identity | None, float]] = {}  # (as it was last seen, since when)
    given_out: dict[str, Identity | None] = {}
    looked_at, is_waiting = -_LOOK_EVERY_S, False
    while True:
        since = monotonic() - looked_at
        if since > _LOOK_EVERY_S or (since > settled_s / 2 and (is_waiting or has_rung.is_set())):
            has_rung.clear()
            looked_at, before, seen = monotonic(), seen, {}
            sources = [source for source in list_sources() if isinstance(source, Source)]  # no file yet is no failure
            for source in sources:
                identity, now = identify(source.path), monotonic()
                last, at = before.get(source.path, (None, now))
                seen[source.path] = (identity, at if identity == last else now)
            fresh = [s for s in sources if given_out.get(s.path) != seen[s.path][0]]
            settled = [s for s in fresh if monotonic() - seen[s.path][1] >= settled_s]
            is_waiting = len(settled) < len(fresh)
            for source in settled:
                given_out[source.path] = seen[source.path][0]
                yield source
        yield None
