"""The page in a real browser: what its users do with it, and what must not happen."""

from __future__ import annotations

import csv
import io
import json
import re
import sys
import time
import zipfile
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
import pytest
from selenium import webdriver
from selenium.webdriver.common.keys import Keys

from tests.support.drawing import write_page
from tests.support.forms import AGE, AMOUNT, draw_blank, write_in
from tests.support.page_visit import CHROMIUM, DRIVER, MAIN, PATIENCE_S, Visit, open_browser, serving
from tests.support.pdfs import make_pdf

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not (CHROMIUM and DRIVER), reason="needs chromium and chromedriver on the PATH"),
    pytest.mark.skipif(sys.platform == "win32", reason="the server is stopped by a signal"),
]

TABLE = Path(__file__).resolve().parents[4] / "samples" / "table.jpg"
ERRORS = f"{MAIN} [data-testid=stAlert]"
NOTE_PROGRESS = """progress = []; new MutationObserver(() => progress.push(
    ...[...document.querySelectorAll('[data-testid=stProgress]')].map(e => e.textContent)
)).observe(document.body, {subtree: true, childList: true, characterData: true})"""
"""Notes what the bar of progress says, however short."""


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Yield the address of a server, which reads uploads called crash... badly."""
    with serving(tmp_path_factory.mktemp("server"), is_faulty=True) as found:
        yield found


@pytest.fixture(scope="module")
def downloads(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("downloads")


@pytest.fixture(scope="module")
def browser(downloads: Path) -> Iterator[webdriver.Chrome]:
    with open_browser(downloads) as found:
        yield found


def take(downloads: Path, name: str) -> bytes:
    """Return a file that was downloaded, and remove it."""
    path, until_s = downloads / name, time.monotonic() + PATIENCE_S
    while not path.exists():
        assert time.monotonic() < until_s, f"{name} was not downloaded"
        time.sleep(0.05)
    raw = path.read_bytes()
    path.unlink()
    return raw


def save(path: Path, gray: np.ndarray) -> Path:
    cv2.imwrite(str(path), gray)
    return path


def test_numbers_are_corrected_and_taken_away(
    browser: webdriver.Chrome, address: str, downloads: Path, tmp_path: Path
) -> None:
    visit = Visit(browser, address)
    page = save(tmp_path / "a.png", write_page("4237", "560"))
    text = tmp_path / "![x](http:).jpg"
    text.write_text("no picture")
    assert visit.find_faults() == []
    visit.upload(page, text, save(tmp_path / "crash.png", write_page("1")))
    visit.read_summary("3 pages · 2 numbers")
    visit.read_summary("2 could not be read")
    visit.edit(0, "99")
    visit.read_summary("1 corrected or confirmed")
    visit.press("CSV")
    rows = list(csv.DictReader(io.StringIO(take(downloads, "numbers.csv").decode("utf-8-sig"))))
    assert [row["status"] for row in rows] == ["accepted", "accepted", "failed", "failed"]
    assert "99" in {row["number"] for row in rows[:2]}
    assert {row["reason"].split(" ")[0] for row in rows[2:]} == {"this", "the"}
    visit.press("Corrections")
    with zipfile.ZipFile(io.BytesIO(take(downloads, "corrections.zip"))) as archive:
        assert {name.split("/")[0] for name in archive.namelist()} == {"crops", "pages", "results.json", "review.csv"}
        assert b",99\r\n" in archive.read("review.csv")
    assert visit.find_faults() == []
    visit.press("Next")
    visit.wait_for(ERRORS, "![x](http:).jpg: this is a text file, not a picture")
    visit.press("Next")
    visit.wait_for(ERRORS, "crash.png: the process that read it ended")
    visit.check_requests(address)


def test_users_see_nothing_of_one_another(browser: webdriver.Chrome, address: str, tmp_path: Path) -> None:
    first, own = Visit(browser, address), browser.current_window_handle
    first.upload(save(tmp_path / "mine.png", write_page("4237")))
    first.read_summary("1 page · 1 number")
    browser.switch_to.new_window("tab")
    try:
        second = Visit(browser, address)
        second.upload(save(tmp_path / "yours.png", write_page("56", "78")))
        second.read_summary("1 page · 2 numbers")
        assert "mine.png" not in browser.page_source
        browser.switch_to.window(own)
        first.read_summary("1 page · 1 number")
        assert "yours.png" not in browser.page_source
        browser.switch_to.window(browser.window_handles[-1])
    finally:
        browser.close()
        browser.switch_to.window(own)


def test_drawing_is_read(browser: webdriver.Chrome, address: str) -> None:
    visit = Visit(browser, address)
    visit.press("Draw", "[role=tab]")
    visit.drag("canvas", (0.35, 0.25), (0.45, 0.25), (0.4, 0.75))
    visit.drag("canvas", (0.55, 0.25), (0.65, 0.25), (0.6, 0.75))
    visit.press_component("button.read")
    visit.read_summary("1 page · 1 number")
    visit.wait_for("button", "drawing-1.png")


def test_template_is_made_saved_loaded_and_read_with(
    browser: webdriver.Chrome, address: str, downloads: Path, tmp_path: Path
) -> None:
    blank = draw_blank()
    filled = blank.copy()
    write_in(filled, "305", AMOUNT)
    write_in(filled, "62", AGE)
    visit = Visit(browser, address)
    visit.press("Form template", "[role=tab]")
    visit.upload(save(tmp_path / "blank.png", blank), n=2)
    visit.wait_for(f"{MAIN} strong", "3 fields")
    visit.drag("svg", (0.1, 0.7), (0.3, 0.8))
    visit.wait_for(f"{MAIN} strong", "4 fields")
    visit.press_component("rect.box")
    visit.press_component("button.delete")
    visit.wait_for(f"{MAIN} strong", "3 fields")
    visit.press("Template", "[data-testid=stDownloadButton] button")
    saved = tmp_path / "saved.zip"
    saved.write_bytes(take(downloads, "template.zip"))
    visit.press("Start anew")
    visit.wait_for("button", "Try it with the sample form")
    lost = tmp_path / "lost.toml"
    lost.write_text('reference = "lost.png"')
    visit.upload(lost, n=2)
    visit.wait_for(ERRORS, "lost.toml: its file 'lost.png' is not there")
    visit.upload(saved, n=2)
    visit.wait_for(f"{MAIN} strong", "3 fields")
    visit.press("Use it for all pages")
    visit.wait_for("[data-testid=stSidebar]", "Template in use")
    visit.press("Files", "[role=tab]")
    visit.upload(save(tmp_path / "filled.png", filled))
    visit.read_summary("1 page")
    visit.press("CSV")
    assert visit.find_faults() == []
    (row,) = csv.DictReader(io.StringIO(take(downloads, "numbers.csv").decode("utf-8-sig")))
    assert {name for name in row if re.fullmatch(r"field_\d", name)} == {"field_2", "field_3", "field_4"}
    assert row["field_3"] == "62"


def test_missed_number_is_added_and_taken_away(
    browser: webdriver.Chrome, address: str, downloads: Path, tmp_path: Path
) -> None:
    visit = Visit(browser, address)
    visit.upload(save(tmp_path / "a.png", write_page("4237")))
    visit.read_summary("1 page · 1 number")
    visit.press("Add a number that was missed", "label")
    visit.drag("svg", (0.1, 0.75), (0.4, 0.95))
    visit.type_component(".entry input", "56x")
    visit.wait_for(ERRORS, "'56x' is no number")
    visit.type_component(".entry input", Keys.BACKSPACE)
    visit.read_summary("1 page · 2 numbers · 0 doubtful · 1 added")
    assert visit.find_faults() == []
    visit.wait_for("[data-testid=stSidebar] input[aria-label=Digits]").send_keys("5")
    visit.press("Apply")
    visit.read_summary("1 page · 2 numbers · 1 doubtful · 1 added")
    visit.edit(0, "57")
    visit.find_component("svg text", "57")
    visit.press("JSON")
    (record,) = json.loads(take(downloads, "numbers.json"))
    assert [(number["text"], number.get("added")) for number in record["numbers"][1:]] == [("57", True)]
    width, height = record["size_px"]
    wanted = [0.1 * width, 0.75 * height, 0.4 * width, 0.95 * height]
    assert np.abs(np.subtract(record["numbers"][1]["box"], wanted)).max() < 0.02 * width
    visit.press("Corrections")
    with zipfile.ZipFile(io.BytesIO(take(downloads, "corrections.zip"))) as archive:
        assert archive.read("review.csv").endswith(b",57\r\n")
    visit.press_component("rect.box")
    visit.press_component("button.delete")
    visit.read_summary("1 page · 1 number · 1 doubtful")
    visit.wait_for(f"{MAIN} [data-testid=stDownloadButton]")
    assert "corrections.zip" not in browser.page_source and "1 added" not in browser.page_source


def test_table_has_a_missed_number_in_its_cell(browser: webdriver.Chrome, address: str, downloads: Path) -> None:
    visit = Visit(browser, address)
    visit.press("Tables: rows and columns", "label")
    visit.press("Apply")
    visit.upload(TABLE)
    visit.read_summary("1 page · 15 numbers")
    visit.press("Add a number that was missed", "label")
    visit.drag("svg", (0.52, 0.28), (0.62, 0.34))
    visit.type_component(".entry input", "77")
    visit.read_summary("1 page · 16 numbers · 0 doubtful · 1 added")
    visit.press("How was this read?", "summary")
    visit.wait_for(f"{MAIN} th", "Digit network")
    assert visit.find_faults() == []
    visit.press("CSV")
    assert take(downloads, "numbers.csv").decode("utf-8-sig").splitlines()[0] == "104,37,77,8"


def test_many_pages_on_a_narrow_screen(browser: webdriver.Chrome, address: str, tmp_path: Path) -> None:
    drawn = "0 g 2 w 30 30 m 30 90 l S 75 90 m 100 90 l 80 30 l S"
    path = tmp_path / "many.pdf"
    path.write_bytes(make_pdf([drawn] * 5, "0 0 200 120"))
    metrics = {"width": 390, "height": 844, "deviceScaleFactor": 1, "mobile": True}
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)
    try:
        visit = Visit(browser, address)
        browser.execute_script(NOTE_PROGRESS)
        visit.upload(path)
        visit.read_summary("5 pages")
        assert any("of 5" in text for text in browser.execute_script("return progress"))
        visit.wait_for(f"{MAIN} [data-testid=stImage] img")
        assert browser.execute_script("return document.documentElement.scrollWidth") <= 390
        visit.press("Next")
        visit.wait_for(f"{MAIN} [data-testid=stSelectbox] input", "many.pdf, page 2")
    finally:
        browser.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})
