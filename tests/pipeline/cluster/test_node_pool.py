"""The pool of a cluster, with nodes that do as the test says; Ray's own are in test_run.py."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from dataclasses import replace
from threading import Event
from time import sleep
from typing import Any

import pytest

from pipeline.batch.jobs import Job, Outcome
from pipeline.batch.sources import Source
from pipeline.cluster.node_pool import MOST_LOSSES, LostNodeError, NodePool
from pipeline.cluster.node_reader import NodeFacts
from pipeline.errors import ClusterError, ModelError, OutputError
from pipeline.version import __version__

FACTS = NodeFacts(__version__, "hash", ("a note",), True)
SOON_S = 5.0


class FakeNode:
    """A node whose answers the test gives."""

    def __init__(self, name: str, n_workers: int = 1, facts: object = FACTS) -> None:
        self.name, self.n_workers, self._facts = name, n_workers, facts
        self.calls: dict[str, Callable[[Any], None]] = {}
        self.has_ended = False
        self.has_call = Event()

    def prepare(self, answer: Callable[[Any], None]) -> None:
        answer(self._facts)

    def read(self, job: Job, answer: Callable[[Any], None]) -> None:
        self.calls[job.source.path] = answer
        self.has_call.set()

    def end(self) -> None:
        self.has_ended = True

    def answer(self, path: str) -> None:
        self.calls.pop(path)(Outcome({"file": path, "by": self.name}))

    def lose(self) -> None:
        for answer in [*self.calls.values()]:
            answer(LostNodeError("gone"))


@contextmanager
def pooling(*rounds: list[FakeNode], bare_s: float = 5.0) -> Iterator[tuple[NodePool, list[str]]]:
    """Yield a pool that finds these nodes, those of the next round at each look, and what it warned of."""
    left, lines = [*rounds], []  # type: ignore[var-annotated]
    find = lambda: left.pop(0) if left else []  # noqa: E731
    pool = NodePool(find, "hash", lines.append, bare_s, look_every_s=0.02)  # type: ignore[arg-type]
    try:
        yield pool, lines
    finally:
        pool.stop()


def submit(pool: NodePool, *names: str) -> list[Future[Outcome]]:
    return [pool.submit(Job(Source(name, name))) for name in names]


def wait_for(node: FakeNode, *names: str) -> None:
    while not set(names) <= set(node.calls):
        node.has_call.clear()
        if not set(names) <= set(node.calls):
            assert node.has_call.wait(SOON_S), f"{names} did not come"


def test_pages_are_read_and_notes_told() -> None:
    node = FakeNode("one")
    with pooling([node]) as (pool, lines):
        assert pool.check_model() == ("a note",)
        (future,) = submit(pool, "a")
        wait_for(node, "a")
        node.answer("a")
        assert future.result(SOON_S).record == {"file": "a", "by": "one"}
        assert (lines, pool.most_pending) == ([], 6)


def test_pages_of_a_lost_node_are_read_by_another_one_once() -> None:
    first, second = FakeNode("first"), FakeNode("second")
    with pooling([first], [], [second]) as (pool, lines):
        pool.check_model()
        futures = submit(pool, "a", "b")
        wait_for(first, "a", "b")
        late = first.calls["a"]
        first.lose()
        wait_for(second, "a", "b")
        second.answer("a")
        assert futures[0].result(SOON_S).record["by"] == "second"
        late(Outcome({"by": "first"}))  # a node that was only out of reach answers after all
        second.answer("b")
        assert [future.result(SOON_S).record["by"] for future in futures] == ["second", "second"]
        assert first.has_ended
        assert lines == ["first was lost (gone); 2 pages are read again"]


def test_page_that_is_lost_too_often_is_a_failed_record() -> None:
    nodes = [FakeNode(str(n)) for n in range(MOST_LOSSES)]
    with pooling(*[[node] for node in nodes]) as (pool, _):
        pool.check_model()
        (future,) = submit(pool, "a")
        for node in nodes:
            wait_for(node, "a") if "a" in node.calls or not future.done() else None
            node.lose()
        record = future.result(SOON_S).record
        assert (record["status"], record["error"]["code"]) == ("failed", "crash")
        assert "was lost, 3 times" in record["error"]["message"]


def test_free_nodes_go_first_and_none_gets_more_than_it_can_queue() -> None:
    small, large = FakeNode("small", 1), FakeNode("large", 2)
    with pooling([small, large]) as (pool, _):
        pool.check_model()
        names = [str(n) for n in range(12)]
        submit(pool, *names)
        while len(small.calls) + len(large.calls) < 9:
            large.has_call.wait(0.01)
        assert (len(small.calls), len(large.calls)) == (3, 6)


@pytest.mark.parametrize(
    ("facts", "told"),
    [
        (replace(FACTS, version="0.0.1"), "one has version 0.0.1"),
        (replace(FACTS, model_hash="other"), "another model of that name"),
        (replace(FACTS, sees_inputs=False), "does not see the inputs; put the inputs into a bucket"),
        (ModelError("digits: damaged"), "digits: damaged"),
    ],
    ids=["version", "model", "inputs", "own error"],
)
def test_node_that_would_read_otherwise_is_left_out(facts: object, told: str) -> None:
    good = FakeNode("good")
    with pooling([good], [FakeNode("one", facts=facts)]) as (pool, lines):
        assert pool.check_model() == ("a note",)
        while not lines:
            Event().wait(0.01)
        assert lines[0].startswith("one is left out: ") and told in lines[0]
    with pooling([FakeNode("one", facts=facts)]) as (pool, _), pytest.raises((ClusterError, ModelError), match=told):
        pool.check_model()


def test_no_node_for_long_ends_the_run() -> None:
    with (
        pooling(bare_s=0.05) as (pool, _),
        pytest.raises(ClusterError, match="no node of the cluster has become ready"),
    ):
        pool.check_model()


def test_node_that_is_found_late_is_heard_before_the_run_is_given_up() -> None:
    node = FakeNode("one")

    def find() -> list[FakeNode]:
        sleep(0.1)
        return [node]

    pool = NodePool(find, "hash", print, bare_s=0.02, look_every_s=5.0)  # type: ignore[arg-type]
    try:
        assert pool.check_model() == ("a note",)
    finally:
        pool.stop()


def test_last_node_lost_ends_the_run_and_what_waits() -> None:
    node = FakeNode("one")
    with pooling([node], bare_s=0.1) as (pool, _):
        pool.check_model()
        (future,) = submit(pool, "a")
        wait_for(node, "a")
        node.lose()
        with pytest.raises(ClusterError, match="the last node was lost"):
            future.result(SOON_S)
        (late,) = submit(pool, "b")
        assert isinstance(late.exception(SOON_S), ClusterError)


def test_error_of_an_output_is_that_of_the_run() -> None:
    node = FakeNode("one")
    with pooling([node]) as (pool, _):
        pool.check_model()
        (future,) = submit(pool, "a")
        wait_for(node, "a")
        node.calls["a"](OutputError("drawn: the folder is write-protected"))
        with pytest.raises(OutputError, match="write-protected"):
            pool.collect(future, Job(Source("a", "a")))


def test_bug_in_the_search_for_nodes_ends_the_run() -> None:
    def fail() -> list[Any]:
        raise ZeroDivisionError

    pool = NodePool(fail, "hash", print)
    with pytest.raises(ZeroDivisionError):
        pool.check_model()
    pool.stop()
