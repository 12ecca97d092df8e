"""The pool of a run on several nodes: hands pages out, and again to another node where one is lost.

Nothing here knows of Ray. Each page has one record, as its future is resolved once: by the node that it was handed to
last. It is handed out again only once the reader of its node has ended, is out of reach, or failed, and was told to
end; what that one may still send is dropped.
"""

from __future__ import annotations

import queue
import threading
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass, field
from time import monotonic
from typing import Protocol

from pipeline.batch.jobs import Job, Outcome
from pipeline.cluster.node_reader import NodeFacts
from pipeline.errors import ClusterError, DigitsError, Failure
from pipeline.outputs.records import make_record
from pipeline.version import __version__

MOST_LOSSES = 3
"""Nodes that a page may be lost with before it counts as failed: it may be what ends them."""

_PER_WORKER = 3
"""Pages on their way to each worker of a node, so that the next one is there when it has finished."""

_LOOK_EVERY_S = 2.0
"""How often the cluster is asked for new nodes."""

_BARE_S = 120.0
"""So long a run waits for a node while there is none."""


class LostNodeError(Exception):
    """The node that had a task has ended, or is out of reach; the message says what is known."""


class Node(Protocol):
    """A node that reads. `answer` is called once for each call, from any thread, with a result or LostNodeError."""

    name: str
    n_workers: int

    def prepare(self, answer: Callable[[NodeFacts | DigitsError | LostNodeError], None]) -> None:
        """Start the reader of the node."""
        ...

    def read(self, job: Job, answer: Callable[[Outcome | DigitsError | LostNodeError], None]) -> None:
        """Read a page."""
        ...

    def end(self) -> None:
        """End the reader of the node, if it has not ended."""
        ...


@dataclass(slots=True, eq=False)
class _Task:
    """A page, its future, and how many nodes it has been lost with."""

    job: Job
    future: Future[Outcome]
    n_losses: int = 0


@dataclass(slots=True, eq=False)
class _Member:
    """A node of this run, and the pages that it has."""

    node: Node
    facts: NodeFacts | None = None
    tasks: set[_Task] = field(default_factory=set)

    @property
    def n_free(self) -> int:
        return _PER_WORKER * self.node.n_workers - len(self.tasks) if self.facts else 0


class NodePool:
    """Reads pages on the nodes of a cluster; a `pipeline.batch.process_pool.Pool`.

    Parameters
    ----------
    find_new : returns the nodes that have come, or come back, since it was called last
    model_hash : of the run's model, which each node must have as well
    warn : told of a node that is lost or left out, in one line
    bare_s : seconds to wait for a node while there is none
    look_every_s : seconds between two calls of `find_new`
    """

    def __init__(
        self,
        find_new: Callable[[], list[Node]],
        model_hash: str,
        warn: Callable[[str], None],
        bare_s: float = _BARE_S,
        look_every_s: float = _LOOK_EVERY_S,
    ) -> None:
        self._find_new, self._model_hash, self._warn = find_new, model_hash, warn
        self._bare_s, self._look_every_s = bare_s, look_every_s
        self._members: list[_Member] = []
        self._waiting: deque[_Task] = deque()
        self._events: queue.SimpleQueue[Callable[[], None] | None] = queue.SimpleQueue()
        self._first: Future[tuple[str, ...]] = Future()
        self._error: BaseException | None = None
        self._bare_since_s = monotonic()
        self._thread = threading.Thread(target=self._serve, name="cluster", daemon=True)
        self._thread.start()

    @property
    def most_pending(self) -> int:
        """How many pages may be on their way: all that the nodes take, and as many as wait for a free one."""
        n_workers = sum(member.node.n_workers for member in [*self._members] if member.facts)
        return 2 * _PER_WORKER * max(1, n_workers)

    def check_model(self) -> tuple[str, ...]:
        """Return the notes of the model once a first node is ready; raise the error of the first where none can be."""
        return self._first.result()

    def submit(self, job: Job) -> Future[Outcome]:
        """Queue a page."""
        task = _Task(job, Future())
        self._events.put(lambda: self._take_in(task))
        return task.future

    def collect(self, future: Future[Outcome], job: Job) -> Outcome:
        """Return the outcome of a page whose future is done; raise the error that ends the run."""
        return future.result()

    def stop(self) -> None:
        """End the thread; what is on its way is dropped."""
        self._events.put(None)
        self._thread.join()

    def _serve(self) -> None:
        try:
            next_look_s = 0.0
            while True:
                if monotonic() >= next_look_s:
                    self._look_for_nodes()
                    next_look_s = monotonic() + self._look_every_s
                try:
                    event = self._events.get(timeout=max(0.0, next_look_s - monotonic()))
                except queue.Empty:
                    self._give_up_if_bare()
                    continue
                if event is None:
                    return
                event()
        except BaseException as error:  # a bug; nobody else would tell those who wait
            self._fail(error)

    def _look_for_nodes(self) -> None:
        for node in self._find_new():
            member = _Member(node)
            self._members.append(member)
            node.prepare(lambda facts, m=member: self._events.put(lambda: self._greet(m, facts)))  # type: ignore[misc]
        if any(member.facts for member in self._members):
            self._bare_since_s = monotonic()

    def _give_up_if_bare(self) -> None:
        """End the run where there was no node for too long, and none that was found has yet to be heard."""
        is_bare = not any(member.facts for member in self._members)
        if is_bare and monotonic() - self._bare_since_s > self._bare_s:
            what = "no node of the cluster has become ready" if not self._first.done() else "the last node was lost"
            self._fail(ClusterError(f"{what}, and none came within {self._bare_s:g} s"))

    def _greet(self, member: _Member, facts: NodeFacts | DigitsError | LostNodeError) -> None:
        """Take a node in that is ready, or leave it out."""
        if isinstance(facts, LostNodeError):
            self._lose(member, str(facts))
            return
        error = facts if isinstance(facts, DigitsError) else self._check(member.node.name, facts)
        if error is not None:
            self._leave_out(member, error)
            return
        assert isinstance(facts, NodeFacts)
        member.facts = facts
        if not self._first.done():
            self._first.set_result(facts.notes)
        self._hand_out()

    def _leave_out(self, member: _Member, error: DigitsError) -> None:
        """Do without a node that cannot read as this machine does; without any other the run ends."""
        self._members.remove(member)
        if not self._members and not self._first.done():
            self._fail(error)
        else:
            self._warn(f"{member.node.name} is left out: {error}")

    def _check(self, name: str, facts: NodeFacts) -> DigitsError | None:
        """Return why a node would not read as this machine does; None if it would."""
        if facts.version != __version__:
            return ClusterError(
                f"{name} has version {facts.version}, not {__version__}", "install the same on all nodes"
            )
        if facts.model_hash != self._model_hash:
            return ClusterError(f"{name} has another model of that name", "copy the model's folder to all nodes")
        if not facts.sees_inputs:
            hint = "put the inputs into a bucket, or on a disk that all nodes share"
            return ClusterError(f"{name} does not see the inputs", hint)
        return None

    def _take_in(self, task: _Task) -> None:
        if self._error is not None:
            task.future.set_exception(self._error)
            return
        self._waiting.append(task)
        self._hand_out()

    def _hand_out(self) -> None:
        """Give the pages that wait to the nodes with the largest free share."""
        while self._waiting:
            free = [member for member in self._members if member.n_free > 0]
            if not free:
                return
            member = max(free, key=lambda one: one.n_free / one.node.n_workers)
            task = self._waiting.popleft()
            member.tasks.add(task)
            member.node.read(
                task.job,
                lambda result, m=member, t=task: self._events.put(lambda: self._finish(m, t, result)),  # type: ignore[misc]
            )

    def _finish(self, member: _Member, task: _Task, result: Outcome | DigitsError | LostNodeError) -> None:
        """Resolve a page; one whose node was lost waits for another one, first in the queue."""
        if task not in member.tasks:  # it was taken from this node already
            return
        if isinstance(result, LostNodeError):
            self._lose(member, str(result))
            return
        member.tasks.discard(task)
        if isinstance(result, DigitsError):
            task.future.set_exception(result)
        else:
            task.future.set_result(result)
        self._hand_out()

    def _lose(self, member: _Member, how: str) -> None:
        """Take a node out, and hand its pages out again."""
        if member in self._members:
            self._members.remove(member)
            member.node.end()
            n = len(member.tasks)
            again = f"; {n} {'page is' if n == 1 else 'pages are'} read again" if n else ""
            self._warn(f"{member.node.name} was lost ({how}){again}")
        for task in member.tasks:
            task.n_losses += 1
            if task.n_losses >= MOST_LOSSES:
                task.future.set_result(_make_lost(task.job))
            else:
                self._waiting.appendleft(task)
        member.tasks.clear()
        self._hand_out()

    def _fail(self, error: BaseException) -> None:
        """Let everything that waits fail: the run ends."""
        self._error = error
        if not self._first.done():
            self._first.set_exception(error)
        for task in [*self._waiting, *(task for member in self._members for task in member.tasks)]:
            task.future.set_exception(error)
        self._waiting.clear()
        for member in self._members:
            member.tasks.clear()


def _make_lost(job: Job) -> Outcome:
    message = f"the node that read it was lost, {MOST_LOSSES} times"
    hint = "run again with --resume, or look at the file"
    return Outcome(make_record(Failure(job.source.path, job.number, "crash", message, hint)), is_lost=True)
