"""What is known of the numbers, and the table of what it gives."""

import json
import math

import cv2
import pytest

from pipeline.decoding.constraints.constraint import Constraint
from tests.support.drawing import make_reader, write_page
from train.__main__ import run_command
from train.evaluation import score_constraints as score
from train.evaluation.page_score import PageScore

PAGES = [
    {"file": "a.png", "numbers": ["4207", "1936"]},
    {"file": "b.png", "numbers": ["58", "061"]},
    {"file": "c.png", "numbers": []},
    {"file": "d.png", "numbers": ["58"], "grouped": False},
]


def test_pages_whose_numbers_have_one_number_of_digits_are_suited():
    assert score.list_suited(PAGES) == PAGES[:1]


def test_others_are_like_the_numbers_and_none_of_them():
    numbers = ["12", "345", "678", "12"]
    others = score.draw_others(numbers, seed=3)
    assert sorted(map(len, others)) == [2, 3, 3] and not set(others) & set(numbers)
    assert others == score.draw_others(numbers, seed=3) != score.draw_others(numbers, seed=4)
    assert score.draw_others([str(digit) for digit in range(10)], seed=0) == []


def test_what_is_known_of_each_page():
    nothing, digits, values, others = score.list_known(PAGES[:1], seed=1)
    assert nothing == (score.NOTHING, [None])
    assert digits == (score.DIGITS, [Constraint(n_digits=(4, 4))])
    (of_values,), (of_others,) = values[1], others[1]
    assert of_values.values[:2] == ("4207", "1936") and of_values.values[2:] == of_others.values
    assert len(of_others.values) == 2


def test_sure_counts_what_is_accepted_alone():
    # three of four accepted are right, of six written: 2 * 3 / (6 + 4)
    assert score.measure_sure(PageScore(n_numbers=6, n_accepted=4, n_accepted_wrong=1)) == pytest.approx(60)
    assert math.isnan(score.measure_sure(PageScore()))


def test_folder_is_scored(tmp_path, monkeypatch, capsys):
    cv2.imwrite(str(tmp_path / "a.png"), write_page("4207", size_px=(200, 120)))
    (tmp_path / "truth.json").write_text(json.dumps([{"file": "a.png", "numbers": ["4207"]}]))
    monkeypatch.setattr(score, "load_classifier", lambda name: make_reader())
    run_command("score-constraints", [str(tmp_path), "--seed", "5"])
    rows = [line.split() for line in capsys.readouterr().out.splitlines()]
    assert ["nothing", "1", "100.0", "100.0", "100.0", "0.0"] in rows
    assert ["values", "1", "100.0", "100.0", "100.0", "0.0"] in rows
    assert ["other", "values", "1", "100.0", "0.0", "0.0", "nan"] in rows


def test_folder_without_a_suited_page_gives_an_empty_table(tmp_path):
    (tmp_path / "truth.json").write_text(json.dumps(PAGES[1:]))
    assert score.score_constraints(tmp_path, make_reader(), None, 1) == {}
