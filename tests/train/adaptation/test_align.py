"""The right value forced through lattices by hand, and on a sample."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from pipeline.geometry import Box
from pipeline.images.load import load_pages
from pipeline.reading.read_page import read_page
from pipeline.recognition.classify import load_classifier
from pipeline.recognition.line_images import LineImage
from pipeline.types import Component, Lattice, Span, TextLine
from train.adaptation.align import align, cut_number, find_lines, label_line, read_number
from train.adaptation.corrections import CorrectedCrop
from train.datasets.harvested_lines import IGNORED

SAMPLES = Path(__file__).resolve().parents[3] / "samples"
WHOLE = Box(0, 0, 100, 10)


def make_lattice(n_atoms: int) -> Lattice:
    """Return a lattice of atoms 10 px wide and 10 px apart, and of each pair of neighbors."""
    boxes = [Box(20 * i, 0, 20 * i + 10, 10) for i in range(n_atoms)]
    spans = [Span(i, i + 1, box, np.full((10, 10), 255, np.uint8), 2.0) for i, box in enumerate(boxes)]
    for i in range(n_atoms - 1):
        box = Box.around(boxes[i : i + 2])
        spans.append(Span(i, i + 2, box, np.full((10, 30), 255, np.uint8), 2.0))
    line = TextLine(tuple(Component(box, np.full((10, 10), 255, np.uint8), 100, 2.0) for box in boxes))
    return Lattice(line, n_atoms + 1, tuple(spans))


def score(lattice: Lattice, **likely: float) -> np.ndarray:
    """Return log-scores of -5, and of 0 for the classes named as `s2_7`: span 2 as a 7; class 10 passes over."""
    scores = np.full((len(lattice.spans), 11), -5.0)
    for name, value in likely.items():
        span, label = name.removeprefix("s").split("_")
        scores[int(span), int(label)] = value
    return scores


@pytest.mark.parametrize(
    ("digits", "likely", "box", "expected"),
    [
        ("12", {}, WHOLE, (0, 1)),
        ("1", {"s2_1": 0.0}, WHOLE, (2,)),  # both atoms are one digit
        ("1", {"s0_10": 0.0, "s1_1": -1.0}, WHOLE, (1,)),  # the first is a speck
        (
            "7",
            {"s0_1": 0.0, "s1_10": 0.0, "s2_7": -9.0},
            WHOLE,
            (0,),
        ),  # surely another digit, but no other way is better
        ("2", {"s0_2": 0.0, "s2_2": -9.0}, Box(15, 0, 100, 10), (1,)),  # what lies outside is not the number's
        ("123", {}, WHOLE, None),
        ("12", {}, Box(15, 0, 100, 10), None),
    ],
    ids=["plain", "joined", "speck", "another digit", "beside", "too many", "too many in the box"],
)
def test_way_that_spells_the_value_is_found(
    digits: str, likely: dict[str, float], box: Box, expected: tuple[int, ...] | None
) -> None:
    lattice = make_lattice(2)
    assert align(lattice, score(lattice, **likely), digits, box) == expected


def test_columns_beside_the_number_are_ignored() -> None:
    image = LineImage(np.zeros((32, 80, 2), np.uint8), np.array([[1.0, 0, 0], [0, 1.0, 0]]))
    spans = [Span(0, 1, Box(30, 8, 38, 24), np.full((16, 8), 255, np.uint8), 2.0)]
    columns = label_line(image, spans, "7").columns
    shown = "".join("?" if c == IGNORED else " 0123456789"[c + 1] if c < 10 else "." for c in columns)
    assert shown == "?" * 13 + ".." + "?77?" + ".." + "?" * 19


@pytest.mark.slow
def test_digits_of_a_sample_are_cut_out_of_its_crop() -> None:
    (page,), classifier = load_pages(SAMPLES / "plain.jpg"), load_classifier()
    reading = next(r for r in read_page(page, classifier).readings if r.text == "4207")
    box = reading.box
    crop = page.gray[box.top - 30 : box.bottom + 30, box.left - 30 : box.right + 30]
    inner = Box(30, 30, 30 + box.width, 30 + box.height)
    found = find_lines(CorrectedCrop(crop, inner, "4207"), classifier)
    cut = cut_number(found, classifier)
    assert read_number(found[0], classifier) == "4207"
    assert cut is not None
    assert cut.crops.labels.tolist() == [4, 2, 0, 7]
    assert classifier.classify(cut.crops.images[..., None].astype(np.float32) / 255).digits.argmax(axis=1).tolist() == [
        *(4, 2, 0, 7)
    ]
    assert [c for c in dict.fromkeys(cut.lines.columns.tolist()) if 0 <= c < 10] == [4, 2, 0, 7]
    wrong = find_lines(CorrectedCrop(crop, inner, "42071234"), classifier)
    assert cut_number(wrong, classifier) is None
