"""The HTML report in a real browser: what a person does with it, and what must not happen."""

from __future__ import annotations

import csv
import json
import shutil
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from axe_core_python.selenium import Axe
from selenium import webdriver
from selenium.common.exceptions import StaleElementReferenceException
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.remote.webelement import WebElement
from selenium.webdriver.support.ui import WebDriverWait

from pipeline.errors import Failure, MissingInputError
from pipeline.geometry import Box
from pipeline.outputs.formats import FORMATS
from pipeline.outputs.picture_keys import name_box
from pipeline.outputs.records import make_record
from pipeline.outputs.report import Report
from pipeline.outputs.thumbnail import encode_within, make_thumbnail
from pipeline.types import PageReading, Reading
from tests.support.records import make_tables

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
DRIVER = shutil.which("chromedriver")

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not (CHROMIUM and DRIVER), reason="needs chromium and chromedriver on the PATH"),
]

THUMBNAIL = make_thumbnail(np.full((300, 400, 3), 220, np.uint8))
PICTURE, CROP = (encode_within(np.full((*size, 3), 220, np.uint8), 10_000, (50,)) for size in ((1200, 1600), (60, 150)))
N_MANY = 2000
HOSTILE = "</script><img src=x onerror=\"document.title='owned'\">\udcff\u202e.jpg"
BOX = Box(100, 30, 200, 60)


def make_page(file: str, *numbers: tuple[str, float], page: int = 1) -> dict[str, Any]:
    """Return a page's record; a number of a confidence under 0.8 is a rejected one."""
    readings = tuple(
        Reading(text, p, BOX, (), "accepted" if p >= 0.8 else "rejected", None if p >= 0.8 else "unsure", line)
        for line, (text, p) in enumerate(numbers, 1)
    )
    record = make_record(PageReading(file, page, (400, 300), readings, "digits", {}))
    return record | {"thumbnail": THUMBNAIL, "picture": PICTURE, "crops": {name_box(BOX.as_list()): CROP}}


RECORDS = [
    make_page("scans/b10.jpg", ("05", 0.99), ("1200", 0.42)),
    make_page("scans/b9.jpg", ("77", 0.9512)),
    make_page("scans/b9.jpg", page=2),
    make_record(Failure.of(MissingInputError("there is no such file"), "=gone.jpg")),
    make_page(HOSTILE, ("8", 0.81)) | {"note": "animated: the first of 12 frames is read"},
    {**make_page("bare.jpg", ("3", 0.3)), "thumbnail": None, "crops": {}},
]


@pytest.fixture(scope="module")
def downloads(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("downloads")


@pytest.fixture(scope="module")
def browser(downloads: Path) -> Iterator[webdriver.Chrome]:
    options = webdriver.ChromeOptions()
    options.binary_location = CHROMIUM or ""
    for argument in ("--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"):
        options.add_argument(argument)
    options.add_experimental_option("prefs", {"download.default_directory": str(downloads)})
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    driver = webdriver.Chrome(options=options, service=Service(DRIVER))
    try:
        driver.set_window_size(1280, 900)
        yield driver
    finally:
        driver.quit()


Open = Callable[..., "Page"]


class Page:
    """The report as a person meets it."""

    def __init__(self, browser: webdriver.Chrome, address: str) -> None:
        self.browser = browser
        browser.get_log("performance")  # what earlier tests left there
        browser.get("about:blank")
        browser.get_log("browser")
        browser.get(address)

    def find(self, selector: str) -> WebElement:
        return self.browser.find_element(By.CSS_SELECTOR, selector)

    def find_all(self, selector: str) -> list[WebElement]:
        return self.browser.find_elements(By.CSS_SELECTOR, selector)

    def column(self, key: str) -> list[str]:
        script = "return Array.from(document.querySelectorAll(`tbody td.${arguments[0]}`), (cell) => cell.textContent)"
        return self.browser.execute_script(script, key)

    def use_bar(self, index: int, use: Callable[[WebElement], Any]) -> Any:
        """Return what `use` makes of a bar; the chart may be drawn anew until the page has its width."""
        wait = WebDriverWait(self.browser, 20, ignored_exceptions=[StaleElementReferenceException])
        return wait.until(lambda _: (use(self.find(f".bin[data-index='{index}']")),))[0]

    def count(self) -> str:
        return self.find("#count").text

    def check_quiet(self) -> None:
        """Assert that the console is empty and that nothing was asked for but the file and the pictures in it."""
        assert self.browser.get_log("browser") == []
        events = [json.loads(entry["message"])["message"] for entry in self.browser.get_log("performance")]
        asked = [e["params"]["request"]["url"] for e in events if e["method"] == "Network.requestWillBeSent"]
        assert any(url.startswith("file:") for url in asked)
        assert not [url for url in asked if not url.startswith(("file:", "data:", "about:", "blob:"))]


@pytest.fixture
def show(browser: webdriver.Chrome, tmp_path: Path) -> Iterator[Open]:
    opened: list[Page] = []

    def write_and_open(*records: dict[str, Any], state: str = "") -> Page:
        path = tmp_path / "report.html"
        facts = {"title": "Report", "model": "digits"}
        with path.open("w", encoding="utf-8") as stream, Report(stream, FORMATS["html"], facts=facts) as report:
            for record in records:
                report.add(record)
        opened.append(Page(browser, path.as_uri() + state))
        return opened[-1]

    yield write_and_open
    opened[-1].check_quiet()


def test_totals_and_rows(show: Open) -> None:
    page = show(*RECORDS)
    assert page.find("#page-totals").text.split() == ["all", "6", "read", "4", "blank", "1", "failed", "1"]
    assert page.find("#number-totals").text.split() == ["all", "5", "accepted", "3", "rejected", "2"]
    assert page.column("number") == ["3", "1200", "8", "77", "05", "", ""]
    assert page.column("status") == [*["rejected"] * 2, *["accepted"] * 3, "failed", "blank"]
    assert page.column("reason")[5] == "there is no such file; check the path"
    assert page.count() == "7 rows shown, the most doubtful first; here 1 to 7"


def test_no_records_at_all(show: Open) -> None:
    page = show()
    assert page.count() == "0 rows shown"
    assert not page.find("#download").is_enabled()


SORTED = [  # by a column, up and down: no value is last both ways, and what is equal stays in the order of the pages
    ("number", ["3", "05", "8", "77", "1200", "", ""], ["1200", "77", "8", "05", "3", "", ""]),
    ("confidence", ["3", "1200", "8", "77", "05", "", ""], ["05", "77", "8", "1200", "3", "", ""]),
    ("line", ["05", "77", "8", "3", "1200", "", ""], ["1200", "05", "77", "8", "3", "", ""]),
    ("page", ["05", "1200", "77", "8", "3", "", ""], ["", "05", "1200", "77", "8", "3", ""]),
    ("status", ["05", "77", "8", "1200", "3", "", ""], ["", "", "1200", "3", "05", "77", "8"]),
    ("reason", ["", "1200", "3", "05", "77", "", "8"], ["1200", "3", "", "05", "77", "", "8"]),
]


def test_sorting(show: Open) -> None:
    page = show(*RECORDS)
    for key, up, down in SORTED:
        button = page.find(f"th.{key} button")
        assert page.find(f"th.{key}").get_attribute("aria-sort") == "none"
        button.send_keys(Keys.ENTER)
        assert page.find(f"th.{key}").get_attribute("aria-sort") == "ascending"
        assert page.column("number") == up, key
        button.click()
        assert page.find(f"th.{key}").get_attribute("aria-sort") == "descending"
        assert page.column("number") == down, key


def test_files_are_sorted_by_the_numbers_in_their_names(show: Open) -> None:
    page = show(*RECORDS)
    page.find("th.file button").click()
    assert [f for f in page.column("file") if f.startswith("scans")] == ["scans/b9.jpg"] * 2 + ["scans/b10.jpg"] * 2


def test_filters_and_the_address_that_keeps_them(show: Open) -> None:
    page = show(*RECORDS)
    page.find("#statuses input[value=accepted]").click()
    assert page.column("number") == ["3", "1200", "", ""]
    assert page.count() == "4 of 7 rows shown, the most doubtful first; here 1 to 4"
    page.find("#to").send_keys("40")
    assert page.column("number") == ["3"]
    page.browser.refresh()
    assert page.column("number") == ["3"]
    assert page.find("#to").get_attribute("value") == "40"
    page.find("#reset").click()
    assert len(page.column("number")) == 7
    page.find("#search").send_keys("B9")
    assert page.column("file") == ["scans/b9.jpg"] * 2
    page.find("#search").clear()
    page.find("#search").send_keys("120")
    assert page.column("number") == ["1200"]


def test_an_address_of_any_kind(show: Open) -> None:
    page = show(*RECORDS)
    for state in ("#at=99&size=7&sort=none&from=x", "#status=", "#sort=-confidence&search=%ED%B3%BF"):
        page.browser.execute_script("location.hash = arguments[0]", state)
        page.browser.refresh()
        assert "7 rows shown" in page.count(), state


def test_a_bar_filters_by_its_range(show: Open) -> None:
    page = show(*RECORDS)
    label = page.use_bar(8, lambda bar: bar.get_attribute("aria-label"))
    assert label == "40 to 45 %: 0 accepted, 1 rejected"
    page.use_bar(8, lambda bar: bar.send_keys(Keys.ENTER))
    assert page.column("number") == ["1200"]
    assert page.use_bar(8, lambda bar: bar.get_attribute("aria-pressed")) == "true"
    page.use_bar(8, lambda bar: bar.send_keys(Keys.ENTER))
    assert len(page.column("number")) == 7


def test_thumbnails_have_the_box_of_their_row(show: Open) -> None:
    page = show(*RECORDS)
    assert len(page.find_all("td.picture button")) == 5
    picture, overlay = page.find("td.picture img"), page.find("td.picture svg")
    assert page.browser.execute_script("return arguments[0].naturalWidth", picture) == 320
    assert overlay.get_dom_attribute("viewBox") == "0 0 400 300"
    assert overlay.size == picture.size
    shapes = page.find_all("tbody tr:nth-child(2) td.picture rect")
    assert [shape.get_attribute("class") for shape in shapes] == ["rejected chosen"]
    assert shapes[0].value_of_css_property("stroke-dasharray") != "none"


def test_a_row_has_the_crop_of_its_number(show: Open) -> None:
    page = show(*RECORDS)
    crops = page.find_all("td.crop img")
    assert [crop.get_attribute("alt") for crop in crops] == [
        f"{text} as it is written" for text in page.column("number")[1:5]
    ]
    size = "return [arguments[0].naturalWidth, arguments[0].naturalHeight]"
    assert [page.browser.execute_script(size, crop) for crop in crops] == [[150, 60]] * 4
    assert crops[0].size["height"] == 60  # pixel by pixel


def test_lightbox_shows_the_page_large_and_zooms(show: Open) -> None:
    page = show(*RECORDS)
    page.find("tbody tr:nth-child(2) td.picture button").click()
    picture = page.find("#frame img")
    assert page.browser.execute_script("return arguments[0].naturalWidth", picture) == 1600
    assert len(page.find_all("#shown-numbers img")) == 2
    fitting = picture.size["width"]
    assert fitting > 700
    page.find("#shown-zoom").click()
    assert page.find("#shown-zoom").get_attribute("aria-pressed") == "true"
    assert page.find("#frame img").size["width"] == 1600
    stage, overlay = page.find("#stage").rect, page.find("#frame rect.chosen").rect
    assert overlay["x"] > stage["x"] - 1 and overlay["y"] > stage["y"] - 1
    page.find("#frame").click()
    assert page.find("#frame img").size["width"] == fitting


def find_faults(page: Page, within: str | None = None) -> list[tuple[str, list[str]]]:
    """Return what axe-core finds wrong for people with disabilities: its rules, and the elements that break them."""
    results = Axe().run(page.browser, within, options={"resultTypes": ["violations"]})
    assert {"color-contrast", "button-name"} <= {one["id"] for one in results["passes"]}
    return [(one["id"], [node["html"] for node in one["nodes"]]) for one in results["violations"]]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_no_fault(show: Open, scheme: str) -> None:
    page = show(*RECORDS)
    features = [{"name": "prefers-color-scheme", "value": scheme}]
    page.browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": features})
    try:
        assert find_faults(page) == []
        page.find("td.picture button").click()
        assert find_faults(page) == []
    finally:
        page.browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": []})


def test_lightbox(show: Open) -> None:
    page = show(*RECORDS)
    assert page.column("number")[1] == "1200"
    opener = page.find("tbody tr:nth-child(2) td.picture button")
    opener.click()
    assert page.find("#lightbox").is_displayed()
    assert page.find("#shown-name").text == "scans/b10.jpg"
    assert [each.get_attribute("class") for each in page.find_all("#frame rect")] == ["accepted", "rejected chosen"]
    assert [each.text for each in page.find_all("#frame text")] == ["05", "1200?"]
    assert page.find("#shown-numbers [aria-current] b").text == "1200"
    frame = page.find("#frame").size
    assert abs(frame["width"] / frame["height"] - 400 / 300) < 0.02
    names = []
    for key in (Keys.ARROW_RIGHT, Keys.ARROW_RIGHT, Keys.ARROW_RIGHT, Keys.ARROW_RIGHT, Keys.ARROW_LEFT):
        page.browser.switch_to.active_element.send_keys(key)
        names.append(page.find("#shown-place").text)
    assert names == ["2 of 4", "3 of 4", "4 of 4", "4 of 4", "3 of 4"]
    page.browser.switch_to.active_element.send_keys(Keys.ARROW_RIGHT)
    assert page.find("#shown-numbers").text == "no numbers"
    page.browser.switch_to.active_element.send_keys(Keys.ESCAPE)
    assert not page.find("#lightbox").is_displayed()
    assert page.browser.switch_to.active_element == opener


def make_filled_form(name: str, *texts: str) -> dict[str, Any]:
    fields = [
        {"name": f"f{at}", "text": text, "confidence": 0.9, "status": "accepted" if len(text) < 4 else "rejected"}
        | {"reason": None if len(text) < 4 else "too long"}
        for at, text in enumerate(texts)
    ]
    return make_page(name, *[(text, 0.9) for text in texts]) | {"form_page": 1, "fields": fields, "sums": []}


def test_tables_are_tables(show: Open) -> None:
    spanning = make_tables([["12", "5 7?"], ["3", "8"]], [["007"]])
    spanning["tables"][0]["cells"][0]["row_span"] = 2
    del spanning["tables"][0]["cells"][2]
    crops = {name_box(number["box"]): CROP for number in spanning["numbers"]}
    page = show(spanning | {"thumbnail": THUMBNAIL, "crops": crops}, *RECORDS)
    assert page.find("#grids-title").text == "Tables"
    tables = page.find_all("table.sheet")
    rows = [
        [cell.text for cell in row.find_elements(By.TAG_NAME, "td")]
        for row in tables[0].find_elements(By.CSS_SELECTOR, "tbody tr")
    ]
    assert rows == [["12", "5 7?"], ["8"]]
    assert page.find("table.sheet td").get_dom_attribute("rowspan") == "2"
    assert len(page.find_all("table.sheet td.rejected img")) == 2
    assert [table.find_element(By.TAG_NAME, "caption").text.split("\n")[0] for table in tables] == [
        "a.jpg, table 1 Show the page",
        "a.jpg, table 2 Show the page",
    ]
    assert find_faults(page) == []


def test_fields_of_forms_are_a_table(show: Open) -> None:
    page = show(*(make_filled_form(f"{at}.jpg", str(at), "0012") for at in range(52)))
    assert page.find("#grids-title").text == "Fields"
    tables = page.find_all("table.sheet")
    assert [len(table.find_elements(By.CSS_SELECTOR, "tbody tr")) for table in tables] == [50, 2]
    heads = tables[0].find_elements(By.CSS_SELECTOR, "thead th")
    assert [head.text for head in heads] == ["page", "status", "f0", "f1"]
    assert page.find("table.sheet td.rejected b").text == "0012?"
    page.find("table.sheet tbody tr:nth-child(3) button").click()
    assert page.find("#shown-name").text == "2.jpg"
    page.find("#shown-close").click()
    assert find_faults(page, "#grids") == []


def test_run_without_tables_shows_none(show: Open) -> None:
    page = show(*RECORDS)
    assert not page.find("#grids").is_displayed() and not page.find("#to-grids").is_displayed()


def test_hostile_names_are_text(show: Open) -> None:
    page = show(*RECORDS)
    page.find("tbody tr:nth-child(3) td.picture button").click()
    assert page.browser.title == "Report"
    assert not page.find_all("img[onerror]")
    assert "<img src=x onerror=" in page.column("file")[2]
    assert page.column("file")[2].endswith("animated: the first of 12 frames is read")


def test_download_holds_what_is_shown(show: Open, downloads: Path) -> None:
    page = show(*RECORDS)
    page.find("#statuses input[value=accepted]").click()
    page.find("#download").click()
    WebDriverWait(page.browser, 20).until(lambda _: (downloads / "numbers.csv").exists())
    with (downloads / "numbers.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["number"] for row in rows] == ["3", "1200", "", ""]
    assert [row["file"] for row in rows] == ["bare.jpg", "scans/b10.jpg", "./=gone.jpg", "scans/b9.jpg"]
    assert rows[1]["confidence"] == "0.42"


def test_every_control_has_a_name(show: Open) -> None:
    page = show(*RECORDS)
    controls = "button, input, select, [role=button][tabindex='0']"

    def list_names(_: webdriver.Chrome) -> list[tuple[str, str | None]]:
        shown = [c for c in page.find_all(controls) if c.is_displayed()]
        return [(c.accessible_name.strip(), c.get_attribute("outerHTML")) for c in shown]

    # the page writes its state into its address, and draws its rows anew when that has changed: some may be stale
    outside = WebDriverWait(page.browser, 20, ignored_exceptions=[StaleElementReferenceException]).until(list_names)
    assert len(outside) > 20
    assert not [html for name, html in outside if not name]
    page.find("td.picture button").click()
    inside = page.find("#lightbox").find_elements(By.CSS_SELECTOR, controls)
    assert [c.accessible_name for c in inside] == ["Previous page", "Next page", "Zoom", "Close"]


def test_fits_its_width(show: Open) -> None:
    page = show(
        make_page("a-long-name-without-any-place-to-break" * 4 + ".jpg", ("12345678901234567890", 0.5)), *RECORDS
    )
    try:
        for width in (1280, 360):
            metrics = {"width": width, "height": 800, "deviceScaleFactor": 1, "mobile": width < 600}
            page.browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)
            # the new width is laid out after the command has returned
            script = f"return document.documentElement.scrollWidth <= {width}"
            WebDriverWait(page.browser, 20).until(lambda browser, script=script: browser.execute_script(script))
            heads = [head.rect for head in page.find_all("thead th[data-key]")]
            assert all(head["width"] > 30 for head in heads)
    finally:
        page.browser.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})


def test_name_of_a_file_is_broken_after_its_folder(show: Open) -> None:
    page = show(*(make_page("a" * length + "/whiteboard.jpg", ("12345678", 0.5)) for length in range(60, 100, 3)))
    n_lines = "return Array.from(document.querySelectorAll('td.file .name'), (name) => name.getClientRects().length)"
    assert page.browser.execute_script(n_lines) == [1] * 14


def test_thousands_of_pages(show: Open) -> None:
    rng = np.random.default_rng(0)
    values = [
        (str(int(v)), round(float(p), 4))
        for v, p in zip(rng.integers(0, 10**8, N_MANY), rng.random(N_MANY), strict=True)
    ]
    page = show(*(make_page(f"scans/{i:05}.jpg", value) for i, value in enumerate(values)))
    start = time.perf_counter()
    assert page.count() == f"{N_MANY:,} rows shown, the most doubtful first; here 1 to 50"
    page.find("th.number button").click()
    assert page.column("number") == sorted((text for text, _ in values), key=int)[:50]
    page.find("th.number button").click()
    page.find("#last").click()
    assert page.column("number") == sorted((text for text, _ in values), key=int)[49::-1]
    page.find("#search").send_keys("077")
    assert f"of {N_MANY:,} rows shown" in page.count()
    print(f"sorted, leafed and searched in {time.perf_counter() - start:.2f} s, the driver's own time included")


def test_paper_gets_all_rows(show: Open) -> None:
    page = show(*(make_page(f"{i}.jpg", ("1", 0.9)) for i in range(60)))
    assert len(page.column("file")) == 50
    page.browser.execute_script("dispatchEvent(new Event('beforeprint'))")
    assert len(page.column("file")) == 60
    page.browser.execute_script("dispatchEvent(new Event('afterprint'))")
    assert len(page.column("file")) == 50
    assert len(page.browser.print_page()) > 1000
