"""The page without a browser, by Streamlit's own tests; a browser shows the rest in test_page_browser.py."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from streamlit.testing.v1 import AppTest

from pipeline.web.page.serve import SCRIPT
from pipeline.web.page.service import install
from tests.support.sessions import PNG, make_service

pytestmark = pytest.mark.slow


@pytest.fixture
def app() -> Iterator[AppTest]:
    install(make_service())
    try:
        yield AppTest.from_file(str(SCRIPT), default_timeout=20).run()
    finally:
        install(None)


def read_lines(app: AppTest) -> str:
    return " ".join(markdown.value for markdown in app.markdown)


def apply(app: AppTest) -> AppTest:
    return next(button for button in app.button if button.label == "Apply").click().run()


def test_page_opens_with_nothing_on_it(app: AppTest) -> None:
    assert not app.exception and not app.error
    assert app.title[0].value.startswith("Handwritten numbers")
    assert "page" not in read_lines(app)


def test_files_are_read_and_one_bad_one_is_a_sentence(app: AppTest) -> None:
    app.file_uploader(key="files").set_value([("a.png", PNG, "image/png"), ("*b*.png", b"text", "image/png")]).run()
    assert not app.exception
    assert "2 pages · 2 numbers" in read_lines(app)
    assert "1 could not be read" in read_lines(app)
    next(button for button in app.button if button.label == "Next").click().run()
    assert [error.value for error in app.error] == [
        r"\*b\*\.png\: this is a text file, not a picture; give a PDF, JPEG, PNG, TIFF, HEIC, WebP, AVIF, BMP or GIF"
    ]


def test_what_is_known_of_the_numbers_is_obeyed(app: AppTest) -> None:
    app.file_uploader(key="files").set_value([("a.png", PNG, "image/png")]).run()
    app.text_input[0].set_value("x")
    apply(app)
    assert "x" in app.error[0].value and "digits" in app.error[0].value
    app.text_input[0].set_value("1")
    apply(app)
    assert not app.error and "2 numbers" in read_lines(app)
