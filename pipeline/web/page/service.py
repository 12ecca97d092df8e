"""What all users of the page share: the options of the server, and the worker processes by model.

Nothing in here is a user's own but a model that one has uploaded: its process and its folder go with the session.
"""

from __future__ import annotations

import threading
import weakref
from concurrent.futures import Future
from dataclasses import dataclass, field, replace
from pathlib import Path, PurePath
from tempfile import TemporaryDirectory
from typing import Any, Protocol

from pipeline.batch.jobs import Job, Outcome, Plan
from pipeline.batch.options import TIMEOUT_S
from pipeline.batch.process_pool import ManyProcesses
from pipeline.errors import ModelError
from pipeline.recognition.classify import MODELS_DIR
from pipeline.recognition.model_card import MODEL_FILES
from pipeline.web.options import PageOptions
from pipeline.web.page.presence import Presence

MODEL_SUFFIXES = (".tflite", ".keras")
"""Of models that a user may upload."""

_MOST_UPLOADED = 4
"""Uploaded models that are loaded at once, of all users: each has a process of its own."""

_NO_READERS = ("lines", "page")
"""Folders in models/ that hold no digit network, but what reads beside one."""


class PagePool(Protocol):
    """Reads pages, and calls functions, in worker processes; `n_workers` at once."""

    n_workers: int

    def submit(self, job: Job) -> Future[Outcome]:
        """Start to read a page."""
        ...

    def collect(self, future: Future[Outcome], job: Job) -> Outcome:
        """Return the outcome of a job whose future is done."""
        ...

    def call(self, function: Any, *arguments: Any) -> Future[Any]:
        """Start a call."""
        ...


class SharedPool:
    """Worker processes that several threads may use; those of a model other than the server's start when first used.

    Parameters
    ----------
    processes : that read
    n_workers : how many pages one user may have read at once
    """

    def __init__(self, processes: ManyProcesses, n_workers: int) -> None:
        self._processes, self.n_workers = processes, n_workers
        self._lock = threading.Lock()

    def submit(self, job: Job) -> Future[Outcome]:
        """Queue a page."""
        with self._lock:
            return self._processes.submit(job)

    def collect(self, future: Future[Outcome], job: Job) -> Outcome:
        """Return the outcome of a job whose future is done."""
        return self._processes.collect(future, job)

    def call(self, function: Any, *arguments: Any) -> Future[Any]:
        """Queue a call of a function that a worker can import."""
        with self._lock:
            return self._processes.call(function, *arguments)

    def check_model(self) -> tuple[str, ...]:
        """Return what the user should know of the model; raise ModelError if it cannot be loaded."""
        return self._processes.check_model()

    def stop(self) -> None:
        """End the processes."""
        self._processes.stop()


@dataclass(eq=False)
class Service:
    """The server as the sessions see it.

    Attributes
    ----------
    options : of the server
    pool : reads with the server's model
    presence : which sessions there are
    """

    options: PageOptions
    pool: PagePool
    presence: Presence = field(default_factory=Presence)
    _others: dict[str, SharedPool] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _n_uploaded: int = 0

    @property
    def plan(self) -> Plan:
        """How a page is read where its user has chosen nothing else."""
        return Plan(self.options.settings, self.options.model, keeps_page=True)

    def list_models(self) -> list[str]:
        """Return the names of the models to choose from, the server's own first."""
        folders = [path.name for path in sorted(MODELS_DIR.glob("*/")) if path.name not in _NO_READERS]
        named = [name for name in folders if any((MODELS_DIR / name / file).is_file() for file in MODEL_FILES)]
        return list(dict.fromkeys([self.options.model, *named]))

    def find_pool(self, model: str) -> PagePool:
        """Return the processes that read with one of the models to choose from.

        Raises
        ------
        ModelError
            If it is none of these, or cannot be loaded.
        """
        if model == self.options.model:
            return self.pool
        if model not in self.list_models():
            raise ModelError(f"{model}: there is no such model to choose")
        with self._lock:
            if model not in self._others:
                started = self._start(model)
                try:
                    started.check_model()
                except ModelError:
                    started.stop()
                    raise
                self._others[model] = started
        return self._others[model]

    def open_upload(self, name: str, raw: bytes) -> UploadedModel:
        """Return a model that a user has uploaded, loaded in a process of its own.

        Raises
        ------
        ModelError
            If it cannot be loaded, or if too many are loaded at this moment.
        """
        suffix = PurePath(name).suffix.lower()
        if suffix not in MODEL_SUFFIXES:
            raise ModelError(f"{name}: is no model", f"give a file that ends in {' or '.join(MODEL_SUFFIXES)}")
        self._count(1)
        try:
            return UploadedModel(name, raw, self)
        except BaseException:
            self._count(-1)
            raise

    def _count(self, change: int) -> None:
        with self._lock:
            if self._n_uploaded + change > _MOST_UPLOADED:
                raise ModelError("other users have as many models loaded as there is room for", "try again later")
            self._n_uploaded += change

    def _start(self, model: str) -> SharedPool:
        plan = replace(self.plan, model=model)
        return SharedPool(ManyProcesses(plan, 1, self.options.timeout_s or TIMEOUT_S, 1), 1)

    def stop(self) -> None:
        """End the processes of the other models."""
        for pool in self._others.values():
            pool.stop()


class UploadedModel:
    """A model that a user has uploaded: it ends with this object, which the session alone holds.

    Attributes
    ----------
    name : of the uploaded file
    pool : reads with it
    notes : what the user should know of it
    """

    def __init__(self, name: str, raw: bytes, service: Service) -> None:
        folder = TemporaryDirectory(prefix="digits-model-", ignore_cleanup_errors=True)
        path = Path(folder.name) / f"model{PurePath(name).suffix.lower()}"
        path.write_bytes(raw)
        pool = service._start(str(path))
        try:
            self.notes = tuple(_hide(note, path) for note in pool.check_model())
        except ModelError as error:
            _close(pool, folder, None)
            raise ModelError(_hide(error.message, path), _hide(error.hint, path)) from error
        self.name, self.pool = name, pool
        self.close = weakref.finalize(self, _close, pool, folder, service)


def _hide(text: str, path: Path) -> str:
    """Return a message without the folder, which is no concern of the user."""
    return text.replace(str(path), "the model").replace(path.name, "the model")


def _close(pool: SharedPool, folder: TemporaryDirectory[str], service: Service | None) -> None:
    pool.stop()
    folder.cleanup()
    if service is not None:
        service._count(-1)


_installed: Service | None = None


def install(service: Service | None) -> None:
    """Make a service that of this process; None for none."""
    global _installed
    _installed = service


def find_service() -> Service:
    """Return the service of this process."""
    if _installed is None:
        raise RuntimeError("the page runs within `run_pipeline.py --serve` alone")
    return _installed
