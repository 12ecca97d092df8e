"""The files of a watched folder as they arrive, each once it has stopped growing."""

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
"""A file whose size and time of change stay the same for so long has stopped growing."""

_POLL_INTERVAL_S = 30.0
"""The folder is listed this often even without an event: network folders send none."""

ListSources = Callable[[], Sequence[object]]


class _ChangeHandler(FileSystemEventHandler):
    """Notes that something has changed in the folder."""

    def __init__(self) -> None:
        self.has_changed = threading.Event()

    def on_any_event(self, event: FileSystemEvent) -> None:
        """Note a change; opening and reading a file is none."""
        if event.event_type not in ("opened", "closed_no_write"):
            self.has_changed.set()


def watch_folder(folder: Path, list_sources: ListSources, settled_s: float = SETTLED_S) -> Iterator[Source | None]:
    """Yield each file of a folder once it has stopped growing, again if it changes; None while there is no new one.

    Parameters
    ----------
    folder : to watch, with its subfolders
    list_sources : lists its files
    settled_s : how long a file must have stayed the same
    """
    handler, observer = _ChangeHandler(), Observer()
    observer.schedule(handler, str(folder), recursive=True)
    observer.daemon = True
    observer.start()
    try:
        yield from _poll(handler.has_changed, list_sources, settled_s)
    finally:
        observer.stop()
        observer.join()


def _poll(has_changed: threading.Event, list_sources: ListSources, settled_s: float) -> Iterator[Source | None]:
    seen: dict[str, tuple[Identity | None, float]] = {}  # by path: (identity, when it was first seen)
    yielded: dict[str, Identity | None] = {}
    polled_s, is_waiting = -_POLL_INTERVAL_S, False
    while True:
        elapsed_s = monotonic() - polled_s
        if elapsed_s > _POLL_INTERVAL_S or (elapsed_s > settled_s / 2 and (is_waiting or has_changed.is_set())):
            has_changed.clear()
            polled_s, before, seen = monotonic(), seen, {}
            sources = [
                source for source in list_sources() if isinstance(source, Source)
            ]  # an empty folder is no failure here
            for source in sources:
                identity, now = identify(source.path), monotonic()
                last, at = before.get(source.path, (None, now))
                seen[source.path] = (identity, at if identity == last else now)
            fresh = [one for one in sources if yielded.get(one.path) != seen[one.path][0]]
            settled = [one for one in fresh if monotonic() - seen[one.path][1] >= settled_s]
            is_waiting = len(settled) < len(fresh)
            for source in settled:
                yielded[source.path] = seen[source.path][0]
                yield source
        yield None
