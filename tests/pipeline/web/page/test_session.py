from __future__ import annotations

import pytest

from pipeline.batch.jobs import Outcome
from pipeline.errors import UsageError
from pipeline.geometry import Box
from pipeline.web.page import session as module
from pipeline.web.page.session import AddedNumber, OpenedPage
from tests.support.api import fail
from tests.support.records import BOX, make_page, make_reading
from tests.support.sessions import make_session, open_page


def read(number: int = 1, n_pages: int = 1, *texts: str) -> Outcome:
    readings = [make_reading(text, line) for line, text in enumerate(texts or ("12",), 1)]
    return Outcome(make_page(*readings, number=number), n_pages=n_pages)


def test_each_file_has_a_name_of_its_own() -> None:
    session = make_session()
    names = ["scan.jpg", "scan.jpg", "C:\\x\\scan.jpg", "../../scan.jpg", ""]
    assert [session.add(str(at), name, b"").name for at, name in enumerate(names)] == [
        "scan.jpg",
        "scan (2).jpg",
        "scan (3).jpg",
        "scan (4).jpg",
        "upload",
    ]


def test_a_file_that_is_there_already_stays() -> None:
    session = make_session("a.jpg")
    assert session.add("a.jpg", "other.jpg", b"other") is session.files[0]
    assert len(session.files) == 1


def test_all_files_together_are_bounded() -> None:
    session = make_session("a.jpg", most_bytes=2)
    with pytest.raises(UsageError, match=r"b.jpg: all files together have more than 8e-06 MB; take away"):
        session.add("b.jpg", "b.jpg", bytes(6))
    session.remove("a.jpg")
    session.add("b.jpg", "b.jpg", bytes(6))


def test_pages_of_a_file_are_known_once_its_first_is_read() -> None:
    session = make_session("a.pdf", "b.jpg")
    file, other = session.files
    assert (session.list_unread(file), session.n_known) == ([1], 2)
    session.take_in(file, 1, read(1, 3))
    assert (session.list_unread(file), session.n_known) == ([2, 3], 4)
    session.take_in(file, 3, read(3, 3))
    session.take_in(file, 2, read(2, 3))
    session.take_in(other, 1, read())
    assert [(page.file.name, page.number) for page in session.pages] == [
        ("a.pdf", 1), ("a.pdf", 2), ("a.pdf", 3), ("b.jpg", 1)
    ]  # fmt: skip


def test_pages_beyond_the_limit_are_told_as_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST_PAGES", 5)
    session = make_session("a.pdf", "b.jpg")
    file, _ = session.files
    session.take_in(file, 1, read(1, 1000))
    assert session.list_unread(file) == [2, 3, 4]
    assert session.pages[-1].record["error"]["message"].startswith("its pages from 5 to 1000 are not read")


def test_what_was_taken_away_meanwhile_is_not_kept() -> None:
    session = make_session("file-1", "file-2", "drawn-1")
    gone = session.files[0]
    session.keep_only("file-", ["file-2"])
    session.take_in(gone, 1, read())
    assert [file.key for file in session.files] == ["file-2", "drawn-1"]
    assert session.pages == []


def test_corrections_outlive_a_second_reading_of_the_same_number() -> None:
    session = make_session("a.jpg")
    (file,) = session.files
    first, again = read(1, 1, "12", "34"), read(1, 1, "12", "34")
    first.record["numbers"][1]["box"], again.record["numbers"][1]["box"] = [0, 0, 9, 9], [0, 0, 5, 5]
    session.take_in(file, 1, first)
    session.pages[0].corrections = {0: "17", 1: "-"}
    session.read_again()
    assert session.list_unread(file) == [1]
    session.take_in(file, 1, again)
    assert session.pages[0].corrections == {0: "17"}


def add(page: OpenedPage, *sides: int, text: str = "7") -> None:
    page.added.append(AddedNumber(f"added {len(page.added) + 1}", Box(*sides), text))


def test_added_numbers_outlive_a_second_reading() -> None:
    session = make_session("a.jpg")
    (file,) = session.files
    session.take_in(file, 1, read())
    add(session.pages[0], 1, 2, 30, 40)
    add(session.pages[0], 50, 60, 70, 80, text="")
    session.read_again()
    session.take_in(file, 1, read())
    assert [(one.box.as_list(), one.text) for one in session.pages[0].added] == [
        ([1, 2, 30, 40], "7"), ([50, 60, 70, 80], "")
    ]  # fmt: skip


def test_added_number_that_a_later_reading_finds_corrects_it() -> None:
    session = make_session("a.jpg")
    (file,) = session.files
    session.take_in(file, 1, Outcome(make_page(), n_pages=1))
    add(session.pages[0], BOX.left - 10, BOX.top - 10, BOX.right + 5, BOX.bottom + 5)
    for outcome in (read(), Outcome(fail("other-form").record, n_pages=1), read()):
        session.read_again()
        session.take_in(file, 1, outcome)
    (page,) = session.pages
    assert (page.corrections, page.added) == ({0: "7"}, [])
    session.read_again()
    session.take_in(file, 1, Outcome(make_page(), n_pages=1))
    assert [one.text for one in session.pages[0].added] == ["7"]


def test_added_numbers_are_in_the_record() -> None:
    page = open_page(make_page(make_reading("12", 1)), n0="17")
    add(page, 700, 255, 800, 325, text="8")
    add(page, 700, 455, 800, 525, text="")
    assert [(n["text"], n.get("added")) for n in page.correct()["numbers"]] == [("17", None), ("8", True)]
    assert len(page.record["numbers"]) == 1


def test_corrections_are_in_the_record_and_leave_what_was_read() -> None:
    page = open_page(make_page(make_reading("12", 1, "unsure"), make_reading("34", 2, "unsure")), n0="17")
    assert page.n_doubtful == 1
    corrected = page.correct()
    assert [(n["text"], n["status"]) for n in corrected["numbers"]] == [("17", "accepted"), ("34", "rejected")]
    assert page.record["numbers"][0]["text"] == "12"


def test_what_is_no_number_is_removed() -> None:
    page = open_page(make_page(make_reading("12")), n0="-")
    assert page.correct()["numbers"] == []
    assert page.correct()["removed"][0]["text"] == "12"
