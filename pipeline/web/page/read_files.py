"""The files of a session -> its pages, read in the worker processes, a few at once, so that other users wait little."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from concurrent.futures import FIRST_COMPLETED, Future, wait

from pipeline.batch.jobs import Job, Outcome, Plan
from pipeline.batch.sources import Source
from pipeline.outputs.records import Record
from pipeline.system.terminal import print_message
from pipeline.web.page.service import PagePool
from pipeline.web.page.session import GivenFile, Session
from pipeline.web.reader import skip_rest

_TICK_S = 0.2
"""How often progress is told while nothing ends: Streamlit may then stop the reading, for what its user did."""


_HINTS = {
    "encrypted": "give its password at the side",
    "other-form": "check that it shows all of the form, or stop using the template",
    "memory": "shrink it",
    "timeout": "look at the file",
}
"""What to do about a failure, by its code, where the command line names a flag."""


def read_files(session: Session, pool: PagePool, plan: Plan, tell: Callable[[int, int], None]) -> None:
    """Read all pages of a session that have not been read.

    Whoever stops it, by an exception of `tell`, may call it again: pages that were read by then are kept.

    Parameters
    ----------
    session : whose files are read
    pool : reads
    plan : how
    tell : takes the numbers of pages that are done and that are known
    """
    waiting = deque((file, number) for file in session.files for number in session.list_unread(file))
    begun: dict[Future[Outcome], tuple[GivenFile, Job]] = {}
    while waiting or begun:
        while waiting and len(begun) < pool.n_workers:
            file, number = waiting.popleft()
            job = Job(Source(file.name, ""), number, file.raw, plan=plan)
            begun[pool.submit(job)] = file, job
        tell(len(session.pages), max(session.n_known, len(session.pages)))
        for future in wait(begun, _TICK_S, FIRST_COMPLETED).done:
            file, job = begun.pop(future)
            outcome = pool.collect(future, job)
            if outcome.traceback:
                print_message(*outcome.traceback.splitlines())
            _suit_hint(outcome.record)
            session.take_in(file, job.number, outcome)
            if outcome.is_lost:
                waiting = deque(one for one in waiting if one[0] is not file)
                _end(session, file, outcome, {other.number for own, other in begun.values() if own is file})
            elif job.number == 1:
                waiting.extendleft((file, number) for number in reversed(session.list_unread(file)))


def _suit_hint(record: Record) -> None:
    """Let the hint of a failed record say what to do on the page: there are no flags on it."""
    if error := record["error"]:
        hint = _HINTS.get(error["code"], error["hint"])
        error["hint"] = "" if "--" in hint else hint


def _end(session: Session, file: GivenFile, outcome: Outcome, begun: set[int]) -> None:
    """Let one record stand for the pages after one that crashed its process or took too long, those begun left out."""
    number = outcome.record["page"] or 1
    after = [other for other in session.list_unread(file) if other > number and other not in begun]
    if after:
        session.end_file(file, after[0], skip_rest(file.name, after[0], outcome.record))
