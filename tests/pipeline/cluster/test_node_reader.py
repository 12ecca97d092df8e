from __future__ import annotations

import pickle
import sys
from concurrent.futures import Future
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from pipeline.batch.jobs import Job, Outcome, Plan
from pipeline.batch.sources import Source
from pipeline.cluster.node_reader import NodeFacts, NodeReader, NodeTask, choose_probe
from pipeline.errors import Failure, ModelError, OutputError
from pipeline.recognition.classify import hash_model
from pipeline.version import __version__


class FakePool:
    """Stands for `ManyProcesses`."""

    error: Exception | None = None

    def __init__(self, *given: object) -> None:
        self.given = given

    def check_model(self) -> tuple[str, ...]:
        if self.error:
            raise self.error
        return ("a note",)

    def submit(self, job: Job) -> Future[Outcome]:
        return Future()

    def collect(self, future: Future[Outcome], job: Job) -> Outcome:
        if self.error:
            raise self.error
        return Outcome({"file": job.source.path})


@pytest.fixture(autouse=True)
def kept(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Keep what a reader changes of its process."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("OPENBLAS_NUM_THREADS", "2")
    main = ModuleType("__main__")
    main.__file__ = "main.py"
    monkeypatch.setitem(sys.modules, "__main__", main)


def make_reader(tmp_path: Path, probe: str | None = None, start: Any = FakePool) -> NodeReader:
    return NodeReader(NodeTask(Plan(), 9.0, str(tmp_path), probe), 2, start)


def test_reader_tells_what_it_reads_with(tmp_path: Path) -> None:
    (tmp_path / "a.png").touch()
    facts = make_reader(tmp_path, "a.png").prepare()
    assert facts == NodeFacts(__version__, hash_model("digits"), ("a note",), True)
    assert [make_reader(tmp_path, probe).prepare().sees_inputs for probe in ("b.png", "a\0", None)] == [  # type: ignore[union-attr]
        *(False, False, True)
    ]


def test_pool_has_the_workers_of_the_node_and_they_do_not_run_the_start_of_ray(tmp_path: Path) -> None:
    pools: list[FakePool] = []
    make_reader(tmp_path, start=lambda *given: pools.append(FakePool(*given)) or pools[0])
    assert pools[0].given == (Plan(), 2, 9.0, 2)
    assert not hasattr(sys.modules["__main__"], "__file__")


def test_errors_that_end_the_run_are_answers_that_travel(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    reader = make_reader(tmp_path)
    assert reader.read(Job(Source("a.png", "a"))) == Outcome({"file": "a.png"})
    for error in (ModelError("digits: damaged"), OutputError("drawn: full", "empty it")):
        monkeypatch.setattr(FakePool, "error", error)
        for answer in (reader.prepare(), reader.read(Job(Source("a.png", "a")))):
            travelled = pickle.loads(pickle.dumps(answer))
            assert (type(travelled), str(travelled)) == (type(error), str(error))


def test_probe_is_a_file_on_the_disk(tmp_path: Path) -> None:
    (tmp_path / "a.png").touch()
    items: list[Any] = [Failure("x", None, "missing", "", ""), Source("-", ""), Source("s3://b/a.png", "a")]
    assert choose_probe(items) is None
    assert choose_probe([*items, Source(str(tmp_path / "a.png"), "a")]) == str(tmp_path / "a.png")
