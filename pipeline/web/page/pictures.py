"""Pages and numbers as pictures for the browser: the annotated page, a crop of each number."""

from __future__ import annotations

from base64 import b64encode

import cv2
import numpy as np
from numpy.typing import NDArray

from pipeline.geometry import Box
from pipeline.outputs.annotate import annotate
from pipeline.outputs.records import Record
from pipeline.outputs.review import MARGIN_FRAC, crop_legibly
from pipeline.outputs.thumbnail import encode_jpeg
from pipeline.table import Cell, Table
from pipeline.types import Digit, PageReading, Reading
from pipeline.web.page.session import OpenedPage

_CROP_HEIGHT_PX = 72
_WIDEST_CROP = 2.5
"""Width over height of a crop; a wider one is shrunk further, with bare strips above and below."""

_BARE_BGR = (250, 250, 250)


def decode_picture(jpeg: bytes) -> NDArray[np.uint8]:
    """Return a picture that this program has encoded, uint8 (H, W, 3) in BGR."""
    bgr: NDArray[np.uint8] | None = cv2.imdecode(np.frombuffer(jpeg, np.uint8), cv2.IMREAD_COLOR)
    if bgr is None:
        raise ValueError("jpeg: expected an encoded picture, received other bytes")
    return bgr


def make_uri(encoded: bytes, kind: str = "jpeg") -> str:
    """Return an encoded picture as a data URI."""
    return f"data:image/{kind};base64,{b64encode(encoded).decode('ascii')}"


def map_to_boxes(bgr: NDArray[np.uint8], size_px: list[int]) -> NDArray[np.float64]:
    """Return float64 (3, 3): px of a picture -> px of the upright original of size (width, height), pixel centers."""
    scale_x, scale_y = size_px[0] / bgr.shape[1], size_px[1] / bgr.shape[0]
    return np.array([[scale_x, 0, (scale_x - 1) / 2], [0, scale_y, (scale_y - 1) / 2], [0, 0, 1]])


def list_sides(page: OpenedPage) -> list[tuple[int, ...]]:
    """Return the sides of the boxes of a page's numbers: those of its record, then those that were added."""
    return [*(tuple(n["box"]) for n in page.record["numbers"]), *(tuple(one.box.as_list()) for one in page.typed)]


def make_crops(page: OpenedPage) -> list[str]:
    """Return a crop of each number of a page as a data URI, in the order of `list_sides`; each is made once."""
    wanted = list_sides(page)
    missing = [sides for sides in wanted if sides not in page.crops]
    if missing:
        bgr = decode_picture(page.picture)
        to_boxes = map_to_boxes(bgr, page.record["size_px"])
        for sides in missing:
            page.crops[sides] = make_uri(encode_jpeg(_fit(crop_legibly(bgr, Box(*sides), to_boxes))))
    return [page.crops[sides] for sides in wanted]


def measure_widest(page: OpenedPage) -> float:
    """Return the width over height of the widest crop of a page, as far as it is shown so; 1 at least."""
    boxes = [Box(*sides) for sides in list_sides(page)]
    shapes = [(box.width + 2 * MARGIN_FRAC * box.height) / ((1 + 2 * MARGIN_FRAC) * box.height) for box in boxes]
    return min(_WIDEST_CROP, max([1.0, *shapes]))


def _fit(crop: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return a crop in the size in which the table shows it."""
    height, width = crop.shape[:2]
    widest = round(_WIDEST_CROP * _CROP_HEIGHT_PX)
    scale = min(_CROP_HEIGHT_PX / height, widest / width)
    size = min(widest, max(1, round(width * scale))), max(1, round(height * scale))
    shrunk: NDArray[np.uint8] = cv2.resize(crop, size, interpolation=cv2.INTER_AREA)
    rest = _CROP_HEIGHT_PX - size[1]
    above = rest // 2
    shown: NDArray[np.uint8] = cv2.copyMakeBorder(
        shrunk, above, rest - above, 0, 0, cv2.BORDER_CONSTANT, value=_BARE_BGR
    )
    return shown


def draw_annotated(page: OpenedPage) -> bytes:
    """Return the annotated picture of a page with its corrections, as JPEG."""
    bgr = decode_picture(page.picture)
    record = page.correct()
    return encode_jpeg(annotate(bgr, rebuild_reading(record), map_to_boxes(bgr, record["size_px"])))


def rebuild_reading(record: Record) -> PageReading:
    """Return the reading that a record of a page that was read tells of, its tables included."""
    return PageReading(
        record["file"],
        record["page"],
        tuple(record["size_px"]),
        tuple(map(_rebuild_number, record["numbers"])),
        record["model"],
        record["seconds"],
        record["turned_deg"],
        tables=tuple(map(_rebuild_table, record["tables"])) if "tables" in record else None,
    )


def _rebuild_number(number: Record) -> Reading:
    digits = tuple(
        Digit(d["text"], d["confidence"], Box(*d["box"]), tuple((text, p) for text, p in d["alternatives"]))
        for d in number["digits"]
    )
    return Reading(
        number["text"],
        number["confidence"],
        Box(*number["box"]),
        digits,
        number["status"],
        number["reason"],
        number["line"],
        writing=number["writing"],
    )


def _rebuild_table(table: Record) -> Table:
    cells = tuple(
        Cell(
            c["row"], c["column"], c["text"], c["status"], tuple((x, y) for x, y in c["corners"]),
            c["row_span"], c["column_span"],
        )
        for c in table["cells"]
    )  # fmt: skip
    return Table(table["rows"], table["columns"], cells, table["ruled"])


def shrink_picture(bgr: NDArray[np.uint8], most_px: int = 1400) -> bytes:
    """Return a picture, uint8 (H, W, 3), as JPEG, its long side `most_px` at the most."""
    scale = min(1.0, most_px / max(bgr.shape[:2]))
    size = max(1, round(bgr.shape[1] * scale)), max(1, round(bgr.shape[0] * scale))
    return encode_jpeg(cv2.resize(bgr, size, interpolation=cv2.INTER_AREA))
