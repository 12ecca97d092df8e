"""One user's files and pages, in memory, and what that user has corrected on them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import PurePath

from pipeline.batch.jobs import Outcome
from pipeline.errors import Failure, UsageError
from pipeline.geometry import Box, is_within
from pipeline.outputs.corrections import NO_NUMBER, Correction, correct_records
from pipeline.outputs.csv_cells import spell_path
from pipeline.outputs.records import Record, make_record

MOST_PAGES = 200
"""Of a session: their pictures stay in memory."""

_MOST_UPLOADS = 4
"""How many uploads of the greatest size a session may hold."""


@dataclass(frozen=True, slots=True, eq=False)
class GivenFile:
    """A file that a user has given.

    Attributes
    ----------
    key : tells it from all others of the session
    name : for the results, another one for each file
    raw : its bytes
    """

    key: str
    name: str
    raw: bytes


@dataclass(frozen=True, slots=True)
class AddedNumber:
    """A number that the user has added to a page.

    Attributes
    ----------
    name : tells it from the others of its page
    box : px of the upright original
    text : its digits and signs; "" until they are typed
    """

    name: str
    box: Box
    text: str = ""


@dataclass(eq=False)
class OpenedPage:
    """A page that was read, or that could not be.

    Attributes
    ----------
    file : that it is in
    record : as it was read
    picture : upright, as JPEG; empty if there is none
    corrections : right values by index of the number in the record, `NO_NUMBER` where there is none
    added : numbers that were missed
    set_aside : added numbers that this reading has no need of: they come back where another one lacks them
    version : how often numbers were added, moved and taken away
    crops : data URIs of the crops that have been made, by the sides of their boxes
    """

    file: GivenFile
    record: Record
    picture: bytes = b""
    corrections: dict[int, str] = field(default_factory=dict)
    added: list[AddedNumber] = field(default_factory=list)
    set_aside: list[AddedNumber] = field(default_factory=list)
    version: int = 0
    crops: dict[tuple[int, ...], str] = field(default_factory=dict)

    @property
    def number(self) -> int:
        """The page in its file, from 1."""
        return self.record["page"] or 1

    @property
    def key(self) -> str:
        """What tells it from all other pages of the session."""
        return f"{self.file.key}/{self.number}"

    @property
    def typed(self) -> list[AddedNumber]:
        """The added numbers whose digits are known."""
        return [one for one in self.added if one.text]

    @property
    def n_numbers(self) -> int:
        """How many numbers were read or added."""
        return len(self.record["numbers"]) + len(self.typed)

    @property
    def is_corrected(self) -> bool:
        """Whether a number was corrected, confirmed or added."""
        return bool(self.corrections or self.typed)

    @property
    def n_doubtful(self) -> int:
        """How many numbers are rejected, and not corrected."""
        return sum(
            n["status"] == "rejected" and i not in self.corrections for i, n in enumerate(self.record["numbers"])
        )

    def list_corrections(self) -> list[Correction]:
        """Return the corrections as those of a review's table, the added numbers last."""
        file, numbers = spell_path(self.record["file"]), self.record["numbers"]
        added = [
            Correction(at, "", "", file, self.number, tuple(one.box.as_list()), one.text)
            for at, one in enumerate(self.typed, len(numbers) + 1)
        ]
        corrected = [
            Correction(
                index + 1, "", numbers[index]["text"], file, self.number, tuple(numbers[index]["box"]),
                None if value == NO_NUMBER else value,
            )
            for index, value in sorted(self.corrections.items())
        ]  # fmt: skip
        return corrected + added

    def correct(self) -> Record:
        """Return the record with the corrections in it."""
        (record,), _, _ = correct_records([(self.record, ())], self.list_corrections(), PurePath("page"))
        return record


class Session:
    """The files of one user, and their pages in order.

    Parameters
    ----------
    most_bytes : of one upload
    """

    def __init__(self, most_bytes: int) -> None:
        self._most_bytes = _MOST_UPLOADS * most_bytes
        self._files: dict[str, GivenFile] = {}
        self._pages: dict[str, list[OpenedPage]] = {}
        self._n_pages: dict[str, int] = {}
        self._kept: dict[tuple[str, int], OpenedPage] = {}

    @property
    def files(self) -> list[GivenFile]:
        """All files, in the order in which they came."""
        return list(self._files.values())

    @property
    def pages(self) -> list[OpenedPage]:
        """All pages that have been read, or tried."""
        return [page for key in self._files for page in self._pages.get(key, ())]

    @property
    def n_known(self) -> int:
        """How many pages there are, as far as that is known: a file counts as one until it has been opened."""
        return sum(self._n_pages.get(key, 1) for key in self._files)

    def add(self, key: str, name: str, raw: bytes) -> GivenFile:
        """Take in a file; one of the same key is there already and stays.

        Raises
        ------
        UsageError
            If all files together would be too large.
        """
        if key in self._files:
            return self._files[key]
        if sum(len(file.raw) for file in self.files) + len(raw) > self._most_bytes:
            most = f"{self._most_bytes / 1e6:g} MB"
            raise UsageError(f"{name}: all files together have more than {most}", "take away those that are done")
        self._files[key] = GivenFile(key, self._choose_name(name), raw)
        return self._files[key]

    def _choose_name(self, name: str) -> str:
        """Return a name that no other file has: results tell files by their names."""
        path = PurePath(name.replace("\\", "/").rsplit("/", 1)[-1] or "upload")
        taken, chosen, number = {file.name for file in self.files}, path.name, 1
        while chosen in taken:
            number += 1
            chosen = f"{path.stem} ({number}){path.suffix}"
        return chosen

    def remove(self, key: str) -> None:
        """Forget a file and its pages."""
        for held in (self._files, self._pages, self._n_pages):
            held.pop(key, None)
        self._kept = {place: page for place, page in self._kept.items() if place[0] != key}

    def keep_only(self, group: str, keys: Iterable[str]) -> None:
        """Forget the files whose key starts with `group` and is not among `keys`."""
        kept = set(keys)
        for key in [key for key in self._files if key.startswith(group) and key not in kept]:
            self.remove(key)

    def read_again(self) -> None:
        """Forget what was read, but not added numbers, nor corrections of numbers that are found in the same place."""
        corrected = [page for page in self.pages if page.corrections or page.added or page.set_aside]
        self._kept |= {(page.file.key, page.number): page for page in corrected}
        self._pages.clear()
        self._n_pages.clear()

    def list_unread(self, file: GivenFile) -> list[int]:
        """Return the pages of a file that have not been read; the first alone until it has been opened."""
        n_pages = min(self._n_pages.get(file.key, 1), MOST_PAGES)
        read = {page.number for page in self._pages.get(file.key, ())}
        return [number for number in range(1, n_pages + 1) if number not in read]

    def take_in(self, file: GivenFile, number: int, outcome: Outcome) -> None:
        """Keep the outcome of a page, and how many pages its file has.

        Of a file whose first page has just been opened, what is beyond the limit of a session is a failed page.
        """
        if file.key not in self._files:  # taken away meanwhile
            return
        if number == 1:
            self._n_pages[file.key] = self._limit(file, outcome.n_pages or 1)
        page = OpenedPage(file, {**outcome.record, "page": number}, outcome.picture)
        kept = self._kept.pop((file.key, number), None)
        if kept is not None:
            page.corrections = _find_again(kept, page.record)
            _add_again(kept, page)
        self._append(page)

    def _limit(self, file: GivenFile, n_pages: int) -> int:
        """Return how many pages of a file are read; those beyond are told as one failed page."""
        others = sum(self._n_pages.get(key, 1) for key in self._files if key != file.key)
        room = max(1, MOST_PAGES - others)
        if n_pages <= room:
            return n_pages
        message = f"its pages from {room + 1} to {n_pages} are not read: there is room for {MOST_PAGES} pages at once"
        failure = Failure(file.name, room + 1, "size", message, "give them as a file of their own")
        self._append(OpenedPage(file, make_record(failure)))
        return room

    def _append(self, page: OpenedPage) -> None:
        pages = self._pages.setdefault(page.file.key, [])
        pages.append(page)
        pages.sort(key=lambda one: one.number)

    def end_file(self, file: GivenFile, number: int, record: Record) -> None:
        """Let a record stand for the pages of a file from `number` on, which will not be tried."""
        if file.key in self._files:
            self._append(OpenedPage(file, record))
            self._n_pages[file.key] = number


def _find_again(before: OpenedPage, record: Record) -> dict[int, str]:
    """Return the corrections of a page for the same page as it was read anew: of numbers with the same box."""
    numbers = before.record["numbers"]
    known = {tuple(numbers[index]["box"]): value for index, value in before.corrections.items()}
    boxes: Sequence[tuple[int, ...]] = [tuple(number["box"]) for number in record["numbers"]]
    return {index: known[box] for index, box in enumerate(boxes) if box in known}


def _add_again(before: OpenedPage, page: OpenedPage) -> None:
    """Add the added numbers of a page to it after it was read anew; one that is now found corrects what was read."""
    boxes = [Box(*number["box"]) for number in page.record["numbers"]]
    width, height = page.record["size_px"] or (0, 0)
    for one in (*before.added, *before.set_aside):
        found = [index for index, box in enumerate(boxes) if is_within(box, one.box)]
        if len(found) == 1 and one.text:
            page.corrections.setdefault(found[0], one.text)
        if len(found) == 1 or one.box.right > width or one.box.bottom > height:
            page.set_aside.append(one)
        else:
            page.added.append(one)
