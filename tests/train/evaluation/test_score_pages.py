"""The score of a folder, on cases worked by hand."""

import json
import math

import numpy as np
import pytest

from pipeline.geometry import Box
from pipeline.types import Digit, Reading
from train.__main__ import run_command
from train.evaluation import page_score
from train.evaluation import score_pages as score

BOX = Box(0, 0, 1, 1)


def reading(text, status="accepted"):
    digits = tuple(Digit(c, 1.0, BOX) for c in text)
    return Reading(text, 1.0, BOX, digits, status, None if status == "accepted" else "uncertain")


@pytest.mark.parametrize(
    ("a", "b", "edits"),
    [("", "", 0), ("", "123", 3), ("123", "123", 0), ("123", "13", 1), ("12", "21", 2), ("7", "1", 1)],
    ids=["both empty", "nothing written", "the same", "one lost", "swapped", "one taken for another"],
)
def test_edit_distance(a, b, edits):
    assert page_score.edit_distance(a, b) == page_score.edit_distance(b, a) == edits


def test_blank_page_read_as_blank_is_right():
    counts = score.score_page({"numbers": []}, [])
    assert (counts.n_right_pages, counts.n_digits, counts.n_edits) == (1, 0, 0)
    assert math.isnan(counts.figures["digits"])


def test_counts_by_hand():
    read = [reading("12"), reading("34"), reading("9", "rejected"), reading("12")]
    counts = score.score_page({"numbers": ["12", "35"]}, read)
    assert counts == score.PageScore(1, 0, 4, 4, 2, 4, 1, 3, 2)
    assert counts.figures == {
        "digits": 0.0,
        "pages": 0.0,
        "numbers": pytest.approx(100 * 2 / 6),
        "coverage": 75.0,
        "risk": pytest.approx(200 / 3),
    }


def test_order_counts_only_where_it_is_said_to():
    read = [reading("46"), reading("10")]
    assert score.score_page({"numbers": ["10", "46"], "ordered": False}, read).n_edits == 0
    assert score.score_page({"numbers": ["10", "46"]}, read).n_edits > 0


def test_ungrouped_pages_do_not_count_for_numbers():
    counts = score.score_page({"numbers": ["12", "34"], "grouped": False}, [reading("1234")])
    assert (counts.n_right_pages, counts.n_numbers, counts.n_read) == (1, 0, 0)


class Ones:
    """A classifier that sees a 1 in everything."""

    name, n_classes, line_network, page_network = "ones", 10, None, None

    def classify(self, batch):
        from pipeline.types import DigitScores

        return DigitScores(np.tile(np.eye(10, dtype=np.float32)[1], (len(batch), 1)))


def test_folder_is_read_and_scored(tmp_path, monkeypatch, capsys):
    import cv2

    page = np.full((120, 200), 255, np.uint8)
    cv2.line(page, (60, 30), (60, 90), 0, 6)
    cv2.imwrite(str(tmp_path / "one.png"), page)
    (tmp_path / "truth.json").write_text(json.dumps([{"file": "one.png", "numbers": ["1"], "tags": ["plain"]}]))
    monkeypatch.setattr(score, "load_classifier", lambda name: Ones())
    run_command("score", [str(tmp_path), "--tags"])
    printed = capsys.readouterr().out
    assert "plain" in printed and "100.0" in printed


def test_folder_without_truth_is_one_line(tmp_path, monkeypatch):
    from pipeline.errors import InputError

    monkeypatch.setattr(score, "load_classifier", lambda name: Ones())
    with pytest.raises(InputError, match=r"truth\.json"):
        run_command("score", [str(tmp_path)])
