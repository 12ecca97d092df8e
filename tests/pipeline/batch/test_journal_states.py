"""Any order of runs, stops, damages, changed files and changed settings: nothing is lost, and results are the newest.

The machine keeps a list of all that was ever added. What must hold is said of that list, not computed as the journal
computes it.
"""

from __future__ import annotations

import os
import tempfile
from dataclasses import dataclass
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from pipeline.batch.jobs import Identity, Outcome, identify
from pipeline.batch.journal import Journal
from pipeline.batch.journal_lines import KEY
from pipeline.errors import Failure, UsageError
from pipeline.outputs.records import make_record
from pipeline.types import PageReading

N_PAGES = 2
FILES = ("a.tif", "b.tif", "c.tif")
MARKS = ("mark 1", "mark 2")

files = st.sampled_from(FILES)
marks = st.sampled_from(MARKS)
pages = st.integers(1, N_PAGES)


@dataclass(eq=False)
class Added:
    """A record that was added, and its line on the disk; `epoch` counts the journals that were begun anew."""

    file: str
    page: int
    is_ok: bool
    mark: str
    identity: Identity | None
    line: bytes
    epoch: int
    is_damaged: bool = False


class JournalStates(RuleBasedStateMachine):
    """A journal, the files that its records are of, and a list of all that was added to it."""

    def __init__(self) -> None:
        super().__init__()
        self._scratch = tempfile.TemporaryDirectory()
        self.folder = Path(self._scratch.name)
        self.path = self.folder / "out.jsonl"
        for name in FILES:
            (self.folder / name).write_bytes(b"contents")
        self.added: list[Added] = []
        self.journal: Journal | None = None
        self.mark, self.epoch, self.n_changes = MARKS[0], 0, 0

    def teardown(self) -> None:
        if self.journal is not None:
            self.journal.__exit__()
        self._scratch.cleanup()

    # What happens to the files

    @rule(name=files)
    def change_file(self, name: str) -> None:
        self.n_changes += 1
        path = self.folder / name
        path.write_bytes(b"contents" + b"." * self.n_changes)
        self.folder.joinpath(f"{name}.away").unlink(missing_ok=True)

    @rule(name=files)
    def take_file_away(self, name: str) -> None:
        if (self.folder / name).exists():
            (self.folder / name).rename(self.folder / f"{name}.away")

    @rule(name=files)
    def bring_file_back(self, name: str) -> None:
        if (self.folder / f"{name}.away").exists():
            (self.folder / f"{name}.away").rename(self.folder / name)

    # Runs

    def is_closed(self) -> bool:
        return self.journal is None

    def is_open(self) -> bool:
        return self.journal is not None

    @precondition(is_closed)
    @rule(mark=marks, names=st.sets(files))
    def resume(self, mark: str, names: set[str]) -> None:
        self.mark = mark
        try:
            self.journal = Journal(self.path, mark, True)
        except UsageError:
            assert not [one for one in self.list_current() if not one.is_damaged]
            self.path.unlink()
            return
        for name in names:
            self.check_done(name)

    @precondition(is_closed)
    @rule(mark=marks)
    def start_anew(self, mark: str) -> None:
        self.mark = mark
        self.epoch += 1
        self.journal = Journal(self.path, mark, False)

    @precondition(is_open)
    @rule(name=files, page=pages, is_ok=st.booleans())
    def add(self, name: str, page: int, is_ok: bool) -> None:
        assert self.journal is not None
        path = str(self.folder / name)
        identity = identify(path)
        if identity is None:
            record = make_record(Failure(path, None, "missing", "gone", ""))
        elif is_ok:
            record = make_record(PageReading(path, page, (9, 9), (), "digits", {"total": float(len(self.added))}))
        else:
            record = make_record(Failure(path, page, "damaged", "cut", ""))
        before = self.path.read_bytes()
        self.journal.add(Outcome(record, f"{name}.page{page}", N_PAGES, identity))
        after = self.path.read_bytes()
        assert after.startswith(before)
        line = after.splitlines()[-1]
        is_ok = record["status"] == "ok"
        self.added.append(Added(path, page if identity else 0, is_ok, self.mark, identity, line, self.epoch))

    @precondition(is_open)
    @rule()
    def finish(self) -> None:
        assert self.journal is not None
        before = list(self.journal.read_sorted())
        self.journal.finish()
        assert list(self.journal.read_sorted()) == before

    @precondition(is_open)
    @rule()
    def stop(self) -> None:
        assert self.journal is not None
        self.journal.__exit__()
        self.journal = None

    @precondition(is_open)
    @rule(is_resumed=st.booleans())
    def start_another(self, is_resumed: bool) -> None:
        with pytest.raises(UsageError, match="another run is writing to it"):
            Journal(self.path, self.mark, is_resumed)

    @precondition(is_closed)
    @rule(mark=marks)
    def complete(self, mark: str) -> None:
        """Resume and read all that is not done: the results are those of a run without a stop."""
        self.resume(mark, set())
        if self.journal is None:
            return
        for name in FILES:
            done = self.journal.find_done(str(self.folder / name))
            for page in {1, 2} - (done.numbers if done else set()):
                self.add(name, page, True)
        present = {str(self.folder / name): identify(str(self.folder / name)) for name in FILES}
        found = list(self.journal.read_sorted())
        for path, identity in present.items():
            of_file = [one for one in found if one["file"] == path]
            if identity is None:
                assert of_file[0]["status"] == "failed"
                continue
            assert [(one["page"], one["status"]) for one in of_file] == [(1, "ok"), (2, "ok")]
            assert {(one[KEY]["bytes"], one[KEY]["mtime_ns"]) for one in of_file} == {identity}
        self.finish()
        self.stop()

    # Damages

    def can_be_damaged(self) -> bool:
        return self.path.exists() and self.path.stat().st_size > 0

    @precondition(can_be_damaged)
    @rule(where=st.floats(0, 1, exclude_max=True), how=st.sampled_from(["flip", "digit", "cut", "insert", "zero"]))
    def damage_and_resume(self, where: float, how: str) -> None:
        if self.journal is not None:
            self.journal.__exit__()
            self.journal = None
        raw = bytearray(self.path.read_bytes())
        at = int(where * len(raw))
        if how == "flip":
            raw[at] ^= 1 << at % 8
        elif how == "digit":  # still JSON
            at = next((n for n in [*range(at, len(raw)), *range(at)] if chr(raw[n]).isdecimal()), at)
            raw[at] ^= 1
        elif how == "cut":
            del raw[at:]
        elif how == "insert":
            raw[at:at] = b'{"schema": 1, "journal": {}}\n'
        else:
            raw[at : at + 50] = bytes(len(raw[at : at + 50]))
        self.path.write_bytes(raw)
        left = set(bytes(raw).splitlines())
        for one in self.list_current():
            one.is_damaged = one.line not in left
        self.resume(self.mark, set())

    # What must hold

    def list_current(self) -> list[Added]:
        return [one for one in self.added if one.epoch == self.epoch]

    def is_protected(self, one: Added) -> bool:
        """Return whether a record must be on the disk: a page that was read and that nothing has replaced."""
        later = [other for other in self.added[self.added.index(one) + 1 :] if other.is_ok and other.file == one.file]
        is_replaced = any(other.page == one.page or other.identity != one.identity for other in later)
        return one.is_ok and not one.is_damaged and not is_replaced

    def check_done(self, name: str) -> None:
        """Ask which pages are done: those that were read, from the file as it is now, with this mark."""
        assert self.journal is not None
        path = str(self.folder / name)
        done, identity = self.journal.find_done(path), identify(path)
        numbers = done.numbers if done else frozenset()
        fitting = [
            one
            for one in self.list_current()
            if one.file == path and one.is_ok and not one.is_damaged and one.mark == self.mark
            if identity is not None and one.identity == identity
        ]
        assert numbers <= {one.page for one in fitting}
        assert numbers >= {one.page for one in fitting if self.is_protected(one)}

    @invariant()
    def nothing_is_lost(self) -> None:
        lines = {line for path in self.folder.glob("out.jsonl*") for line in path.read_bytes().splitlines()}
        assert not [one for one in self.added if self.is_protected(one) and one.line not in lines]

    @precondition(is_open)
    @invariant()
    def results_are_records_of_this_mark_one_for_each_page(self) -> None:
        assert self.journal is not None
        found = list(self.journal.read_sorted())
        assert len({(one["file"], one["page"]) for one in found}) == len(found)
        for path in {one["file"] for one in found}:
            of_file = [one[KEY] for one in found if one["file"] == path]
            assert {origin["mark"] for origin in of_file} == {self.mark}
            assert len({(origin["bytes"], origin["mtime_ns"]) for origin in of_file if origin["bytes"]}) <= 1
        written = {one.line for one in self.list_current() if not one.is_damaged}
        raw = self.path.read_bytes().splitlines()
        assert all(any(one[KEY]["crc32"].encode() in line for line in raw if line in written) for one in found)


JournalStates.TestCase.settings = settings(
    max_examples=int(os.environ.get("JOURNAL_EXAMPLES", "60")),
    stateful_step_count=40,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
)
TestJournalStates = pytest.mark.slow(JournalStates.TestCase)
