"""Draws the pictures in README and docs from the samples; that of the report only where Chromium is installed."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Collection, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

import cv2
import numpy as np
from numpy.typing import NDArray

from pipeline.cli import main as read_samples
from pipeline.decoding.constraints.constraint import Constraint
from pipeline.errors import OutputError
from pipeline.images.load import load_page, open_picture
from pipeline.outputs.annotate import annotate
from pipeline.outputs.records import make_record
from pipeline.outputs.text_writer import format_text
from pipeline.outputs.trace import Trace
from pipeline.reading.read_page import analyze_page, read_page
from pipeline.recognition.classify import load_classifier
from pipeline.settings.tree import Settings
from pipeline.tables.read_tables import read_tables
from train.evaluation.contour_baseline import draw_contours, format_rows, read_contours
from train.figures.form_figure import FORM_SAMPLE, draw_form
from train.figures.live_figure import LIVE_SAMPLE, draw_window

_WIDTH_PX = 480
"""Width of one picture of a row."""

_HEIGHT_PX = 560
"""Height of the annotated pictures side by side."""

_WINDOW_PX = (1280, 900)
"""Width and height of the browser's window."""

COMPARED = ("ruled.jpg", "shadow.jpg", "touching.jpg")
"""Samples that are read by both methods."""

TUTORIAL_MODEL = "cnn_32_64_d64"
"""The network of many a tutorial, with which the tutorials' method is shown."""

_CAPTIONS = {
    "gray": "1 decoded, upright",
    "darkness": "2 light evened out",
    "ink": "3 ink",
    "rulings": "4 rulings (red) out",
    "lines": "5 text lines",
    "cuts": "6 candidates, best path green",
}


def draw_stages(picture: Path, settings: Settings) -> NDArray[np.uint8]:
    """Return the stages of reading one picture, captioned and side by side: uint8 (H, W, 3)."""
    with TemporaryDirectory() as folder:
        stages = analyze_page(load_page(picture, settings.images), load_classifier(), settings)
        Trace(Path(folder), "page").write(stages)
        tiles = []
        for path in sorted(Path(folder).iterdir()):
            caption = _CAPTIONS.get(path.stem.split("-")[-1])
            if caption:
                tiles.append(_caption(open_picture(path).load_color(), caption))
    columns = 3
    return np.vstack([np.hstack(tiles[i : i + columns]) for i in range(0, len(tiles), columns)])


def draw_annotated(
    picture: Path, settings: Settings, known: Constraint | None = None, has_tables: bool = False
) -> NDArray[np.uint8]:
    """Return a picture with what was read drawn on it, as --annotate makes it, with or without --table: (H, W, 3)."""
    opened = open_picture(picture, settings.images)
    page, classifier = opened.load_page(), load_classifier()
    if has_tables:
        reading = read_tables(page, classifier, settings, known)
    else:
        reading = read_page(page, classifier, settings, constraint=known)
    return annotate(opened.load_color(), reading, page.to_source)


def draw_known(picture: Path, settings: Settings) -> NDArray[np.uint8]:
    """Return a picture read knowing nothing, and knowing how many digits its numbers have: uint8 (H, W, 3)."""
    known = Constraint(n_digits=(2, 4))
    return _join(
        [
            _caption(draw_annotated(picture, settings), "nothing is known"),
            _caption(draw_annotated(picture, settings, known), "--digits 2-4"),
        ]
    )


def compare_methods(picture: Path, settings: Settings) -> tuple[NDArray[np.uint8], str, str]:
    """Return a picture read as the usual tutorial does and by this pipeline, side by side, and both texts.

    Returns
    -------
    uint8 (H, W, 3), the tutorial on the left; its text; the pipeline's text
    """
    opened = open_picture(picture, settings.images)
    bgr, page = opened.load_color(), opened.load_page()
    digits = read_contours(cv2.cvtColor(bgr, cv2.COLOR_BGR2GRAY), load_classifier(TUTORIAL_MODEL))
    reading = read_page(page, load_classifier(), settings)
    tiles = [
        _caption(draw_contours(bgr, digits), "the usual tutorial"),
        _caption(annotate(bgr, reading, page.to_source), "this pipeline"),
    ]
    text = format_text(make_record(reading)).split(": ", 1)[1]
    return _join(tiles), format_rows(digits) or "(no numbers)", text


def shoot_report(samples: Path) -> NDArray[np.uint8] | None:
    """Return what a browser shows of the samples' HTML report, uint8 (H, W, 3); None where there is no Chromium."""
    chromium = shutil.which("chromium") or shutil.which("google-chrome")
    if chromium is None:
        return None
    with TemporaryDirectory() as folder:
        page, shot = Path(folder, "report.html"), Path(folder, "report.png")
        if read_samples([str(samples), "--output", str(page), "--quiet"]) != 0:
            raise OutputError(f"{page}: the samples cannot be read")
        window = f"--window-size={_WINDOW_PX[0]},{_WINDOW_PX[1]}"
        flags = ["--headless=new", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", window, f"--screenshot={shot}"]
        subprocess.run([chromium, *flags, page.as_uri()], check=True, capture_output=True)
        return cv2.imread(str(shot))


def format_row(name: str, texts: Sequence[str]) -> str:
    """Return a row of a Markdown table: a sample's name and what was read in it."""
    return f"| `{name}` | " + " | ".join("`" + text.replace("|", "\\|") + "`" for text in texts) + " |"


def _join(tiles: list[NDArray[np.uint8]]) -> NDArray[np.uint8]:
    """Return tiles side by side, the lower ones filled up below."""
    height = max(len(tile) for tile in tiles)
    gray = (70, 70, 70)
    filled = [cv2.copyMakeBorder(t, 0, height - len(t), 0, 0, cv2.BORDER_CONSTANT, value=gray) for t in tiles]
    return np.hstack(filled)


def _caption(picture: NDArray[np.uint8], caption: str) -> NDArray[np.uint8]:
    height = round(picture.shape[0] * _WIDTH_PX / picture.shape[1])
    tile = cv2.resize(picture, (_WIDTH_PX, height), interpolation=cv2.INTER_AREA)
    tile = cv2.copyMakeBorder(tile, 24, 4, 4, 4, cv2.BORDER_CONSTANT, value=(70, 70, 70))
    cv2.putText(tile, caption, (8, 17), cv2.FONT_HERSHEY_SIMPLEX, 0.5, (255, 255, 255), 1, cv2.LINE_AA)
    return tile


def _fit_height(picture: NDArray[np.uint8]) -> NDArray[np.uint8]:
    width = round(picture.shape[1] * _HEIGHT_PX / picture.shape[0])
    fitted = cv2.resize(picture, (width, _HEIGHT_PX), interpolation=cv2.INTER_AREA)
    return cv2.copyMakeBorder(fitted, 0, 0, 0, 8, cv2.BORDER_CONSTANT, value=(255, 255, 255))


def _write(picture: NDArray[np.uint8], path: Path, quality: int = 82) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, quality])[1].tobytes())
    except OSError as error:
        raise OutputError(f"{path}: {error.strerror}") from error
    print(path)


def draw_figures(names: Collection[str], samples: Path, out: Path) -> None:
    """Write the figures called `names`, drawn from the folder `samples`, into `out`; print each path.

    "compared" also prints a Markdown table of what the tutorials' method and this pipeline read.

    Raises
    ------
    InputError : a sample cannot be read
    OutputError : `out` cannot be written
    """
    settings = Settings()
    if "at-work" in names:
        tiles = [_fit_height(draw_annotated(samples / name, settings)) for name in ("desk.jpg", "shadow.jpg")]
        _write(np.hstack(tiles), out / "at-work.jpg")
    if "known" in names:
        _write(draw_known(samples / "desk.jpg", settings), out / "known.jpg")
    if "stages" in names:
        _write(draw_stages(samples / "ruled.jpg", settings), out / "stages.jpg")
    if "table" in names:
        _write(_fit_height(draw_annotated(samples / "table.jpg", settings, has_tables=True)), out / "table.jpg")
    report = shoot_report(samples) if "report" in names else None
    if report is not None:
        _write(report, out / "report.jpg")
    if "live" in names:
        window = draw_window(samples / LIVE_SAMPLE)
        _write(cv2.resize(window, None, fx=0.75, fy=0.75, interpolation=cv2.INTER_AREA), out / "live.jpg", 85)
    if "form" in names:
        _write(draw_form(samples / FORM_SAMPLE), out / "form.jpg")
    if "compared" in names:
        _write_compared(samples, out, settings)


def _write_compared(samples: Path, out: Path, settings: Settings) -> None:
    rows = []
    for name in COMPARED:
        picture, *texts = compare_methods(samples / name, settings)
        _write(picture, out / f"both-ways-{Path(name).stem}.jpg")
        rows.append(format_row(name, texts))
    print("", "| sample | the usual tutorial reads | this pipeline reads |", "|---|---|---|", *rows, sep="\n")
