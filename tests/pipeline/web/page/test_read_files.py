from __future__ import annotations

import pytest

from pipeline.batch.jobs import Outcome, Plan
from pipeline.web.page.read_files import read_files
from tests.support.api import fail
from tests.support.records import make_page
from tests.support.sessions import Outcomes, make_session


def ok(number: int, n_pages: int) -> Outcome:
    return Outcome(make_page(number=number), n_pages=n_pages)


def test_all_pages_are_read_and_progress_is_told() -> None:
    session, told = make_session("a.pdf", "b.jpg"), list[tuple[int, int]]()
    pool = Outcomes({**{("a.pdf", n): ok(n, 3) for n in (1, 2, 3)}, ("b.jpg", 1): ok(1, 1)})
    read_files(session, pool, Plan(), lambda *counts: told.append(counts))
    assert sorted(pool.asked) == [("a.pdf", 1), ("a.pdf", 2), ("a.pdf", 3), ("b.jpg", 1)]
    assert [page.number for page in session.pages] == [1, 2, 3, 1]
    assert told[0] == (0, 2)
    assert all(done <= known for done, known in told)
    read_files(session, Outcomes({}), Plan(), lambda *_: None)  # nothing is left


def test_after_a_page_that_crashed_no_further_one_of_its_file_is_tried() -> None:
    session = make_session("a.pdf", "b.jpg")
    lost = fail("crash", 2, is_lost=True)
    pool = Outcomes({("a.pdf", 1): ok(1, 9), ("a.pdf", 2): lost, ("a.pdf", 3): ok(3, 9), ("b.jpg", 1): ok(1, 1)})
    read_files(session, pool, Plan(), lambda *_: None)
    pages = [(page.file.name, page.number, page.record["status"]) for page in session.pages]
    assert pages[:2] == [("a.pdf", 1, "ok"), ("a.pdf", 2, "failed")]
    assert pages[-2][2] == "failed" and pages[-1] == ("b.jpg", 1, "ok")
    assert len({page.key for page in session.pages}) == len(pages)
    assert "were not tried, as page 2 failed" in session.pages[-2].record["error"]["message"]
    assert session.list_unread(session.files[0]) == []


def test_a_bad_file_is_one_failed_page() -> None:
    session = make_session("a.jpg")
    read_files(session, Outcomes({("a.jpg", 1): fail("damaged")}), Plan(), lambda *_: None)
    assert [page.record["error"]["code"] for page in session.pages] == ["damaged"]


@pytest.mark.parametrize(
    ("code", "hint", "expected"),
    [
        ("encrypted", "give its password with --password", "give its password at the side"),
        ("not-a-picture", "read it with --webcam a.mp4 --headless", ""),
        ("damaged", "copy it again", "copy it again"),
    ],
)
def test_no_hint_names_a_flag(code: str, hint: str, expected: str) -> None:
    session, outcome = make_session("a.jpg"), fail(code)
    outcome.record["error"]["hint"] = hint
    read_files(session, Outcomes({("a.jpg", 1): outcome}), Plan(), lambda *_: None)
    assert session.pages[0].record["error"]["hint"] == expected


def test_a_bug_has_its_traceback_on_the_server(capsys: pytest.CaptureFixture[str]) -> None:
    session = make_session("a.jpg")
    read_files(session, Outcomes({("a.jpg", 1): fail("bug", traceback="boom")}), Plan(), lambda *_: None)
    assert "boom" in capsys.readouterr().err


def test_what_was_read_is_kept_when_it_is_stopped() -> None:
    session = make_session("a.pdf")
    pool = Outcomes({("a.pdf", n): ok(n, 3) for n in (1, 2, 3)})

    def stop(n_done: int, _: int) -> None:
        if n_done:
            raise InterruptedError

    with pytest.raises(InterruptedError):
        read_files(session, pool, Plan(), stop)
    assert [page.number for page in session.pages] == [1]
    read_files(session, pool, Plan(), lambda *_: None)
    assert [page.number for page in session.pages] == [1, 2, 3]
