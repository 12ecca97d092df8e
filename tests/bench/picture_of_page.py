"""Draws docs/pictures/page.jpg: the page in the browser, with two samples."""

from __future__ import annotations

import time
from pathlib import Path
from tempfile import TemporaryDirectory

import cv2
import numpy as np

from tests.support.page_visit import MAIN, Visit, open_browser, serving

TOP = Path(__file__).resolve().parents[2]
SAMPLE = TOP / "samples" / "form.jpg"
OUT = TOP / "docs" / "pictures" / "page.jpg"
SIZE_PX = (1280, 1060)


def main(_: list[str]) -> int:
    """Draw the picture."""
    with TemporaryDirectory() as name, serving(Path(name)) as address, open_browser(Path(name), SIZE_PX) as browser:
        visit = Visit(browser, address)
        visit.upload(SAMPLE, TOP / "samples" / "touching.jpg")
        visit.read_summary("2 pages")
        visit.wait_for(f"{MAIN} canvas[data-testid=data-grid-canvas]")
        time.sleep(3)  # the crops are drawn a moment after the table
        shown = cv2.imdecode(np.frombuffer(browser.get_screenshot_as_png(), np.uint8), cv2.IMREAD_COLOR)
    cv2.imwrite(str(OUT), shown, [cv2.IMWRITE_JPEG_QUALITY, 85])
    print(f"{OUT.relative_to(TOP)}: {shown.shape[1]} x {shown.shape[0]} px, {OUT.stat().st_size / 1000:.0f} kB")
    return 0
