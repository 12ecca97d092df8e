from __future__ import annotations

from dataclasses import replace

import pytest

from pipeline.web.page.blank_form import BlankForm
from pipeline.web.page.choices import Choices
from pipeline.web.page.user import Draft, User, count_words, escape
from tests.support.sessions import make_service, make_session


def test_pages_are_read_anew_when_something_else_was_chosen() -> None:
    service = make_service()
    user = User(make_session("a.jpg"), Choices.of(service.plan))
    for _ in range(2):
        user.renew()
    assert user.generation == 0
    user.choices = replace(user.choices, n_digits="8")
    user.renew()
    user.renew()
    assert user.generation == 1
    assert user.make_plan(service).constraint is not None
    assert user.find_pool(service) is service.pool


def test_who_is_gone_holds_nothing() -> None:
    service = make_service()
    user = User(make_session("a.jpg"), Choices.of(service.plan), draft=Draft("a", b"", BlankForm((), ()), []))
    user.forget()
    assert (user.session.files, user.draft, user.model) == ([], None, None)


def test_each_kind_is_counted() -> None:
    user = User(make_session(), Choices("digits", 0.9))
    assert [user.count("drawing"), user.count("photo"), user.count("drawing")] == [1, 1, 2]


@pytest.mark.parametrize(
    ("text", "expected"),
    [("a1", "a1"), ("![x](y)", r"\!\[x\]\(y\)"), (":red[x]", r"\:red\[x\]"), ("<b>", r"\<b\>"), ("$x$", r"\$x\$")],
)
def test_names_of_files_are_no_markdown(text: str, expected: str) -> None:
    assert escape(text) == expected


def test_words_are_counted() -> None:
    assert [count_words(n, "page") for n in (0, 1, 1200)] == ["0 pages", "1 page", "1,200 pages"]
