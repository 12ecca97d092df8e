"""The page /docs in a real browser: what it shows, and a picture that is sent from it."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import cv2
import pytest
from selenium import webdriver
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.by import By
from selenium.webdriver.support.ui import WebDriverWait

from tests.bench.bench_api import serving
from tests.support.drawing import write_page

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
DRIVER = shutil.which("chromedriver")

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not (CHROMIUM and DRIVER), reason="needs chromium and chromedriver on the PATH"),
]


@pytest.fixture
def browser() -> Iterator[webdriver.Chrome]:
    options = webdriver.ChromeOptions()
    options.binary_location = CHROMIUM or ""
    for flag in ("--headless=new", "--no-sandbox", "--disable-dev-shm-usage", "--window-size=1000,1400"):
        options.add_argument(flag)
    driver = webdriver.Chrome(options=options, service=Service(DRIVER))
    yield driver
    driver.quit()


def test_page_describes_the_api_and_reads_a_picture(browser: webdriver.Chrome, tmp_path: Path) -> None:
    cv2.imwrite(str(tmp_path / "a.png"), write_page("4237"))
    with serving(tmp_path, 1) as (_, port):
        browser.get(f"http://127.0.0.1:{port}/docs")
        WebDriverWait(browser, 20).until(lambda b: b.find_elements(By.CSS_SELECTOR, "#paths h3"))
        heads = [head.text for head in browser.find_elements(By.CSS_SELECTOR, "#paths h3")]
        assert heads == ["POST /read", "GET /health", "GET /metrics"]
        names = [cell.text for cell in browser.find_elements(By.CSS_SELECTOR, "#paths td:first-child")]
        assert names == ["reject_below", "no_turn", "writing", "signs", "pages", "dpi", "X-Password"]

        browser.find_element(By.NAME, "file").send_keys(str(tmp_path / "a.png"))
        browser.find_element(By.NAME, "signs").click()
        command = browser.find_element(By.ID, "command").text
        assert command == f"curl -F 'file=@a.png' 'http://127.0.0.1:{port}/read?signs=true'"
        browser.find_element(By.CSS_SELECTOR, "#try button").click()
        answer = browser.find_element(By.ID, "answer")
        WebDriverWait(browser, 30).until(lambda _: answer.text.startswith("200"))
        assert '"text": "4237"' in answer.text
        browser.save_screenshot(str(tmp_path / "page.png"))
