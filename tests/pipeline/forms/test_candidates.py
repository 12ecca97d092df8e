from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.decoding.constraints.constraint import Constraint
from pipeline.decoding.constraints.rules import is_allowed
from pipeline.forms.candidates import list_candidates, measure_total
from tests.support.drawing import make_lattice


def score(*rows: dict[str, float]) -> np.ndarray:
    """Return log-scores of spans: each row as named, - for passed over, the rest hardly probable."""
    table = np.full((len(rows), 11), 1e-5)
    for line, row in zip(table, rows, strict=True):
        for name, probability in row.items():
            line["0123456789-".index(name)] = probability
    return np.log(table)


def test_paths_that_read_the_same_add_up() -> None:
    lattice = make_lattice(3, (0, 1), (1, 2), (0, 2))
    scores = score({"1": 0.5, "-": 0.5}, {"1": 0.5, "-": 0.5}, {"1": 0.5, "4": 0.5})
    best = {one.text: one.confidence for one in list_candidates(lattice, scores, None).allowed}
    total = 0.25 * 4 + 1.0  # of the four ways of two spans, and the two of the wide one
    assert best["1"] == pytest.approx((0.25 + 0.25 + 0.5) / total, abs=1e-3)
    assert best["11"] == pytest.approx(0.25 / total, abs=1e-3)
    assert best[""] == pytest.approx(0.25 / total, abs=1e-3)


def test_what_is_known_rules_out_the_rest() -> None:
    lattice = make_lattice(3, (0, 1), (1, 2))
    scores = score({"7": 0.6, "1": 0.4}, {"3": 0.9, "8": 0.1})
    found = list_candidates(lattice, scores, Constraint(values=("18", "55")))
    assert [one.text for one in found.allowed][0] == "18"
    assert found.freest.text == "73"
    assert found.allowed[0].confidence < 0.9, "the writing itself speaks for another number"
    assert list_candidates(lattice, scores, Constraint((3, 4))).allowed == ()


def test_places_are_those_of_the_best_path() -> None:
    lattice = make_lattice(3, (0, 1), (1, 2), (0, 2))
    scores = score({"1": 0.9}, {"2": 0.9}, {"-": 0.1})
    assert list_candidates(lattice, scores, None).allowed[0].places == ((0, 1), (1, 2))


@given(st.integers(0, 2**32 - 1))
def test_all_texts_of_a_small_lattice_are_found_with_their_sums(seed: int) -> None:
    rng = np.random.default_rng(seed)
    lattice = make_lattice(3, (0, 1), (1, 2), (0, 2))
    scores = np.log(rng.dirichlet(np.full(11, 0.3), 3) + 1e-4)
    sums: dict[str, float] = {}
    for path in ((0, 1), (2,)):
        for own in itertools.product(range(11), repeat=len(path)):
            text = "".join(str(d) for d in own if d < 10)
            sums[text] = sums.get(text, 0) + float(np.exp(sum(scores[i, d] for i, d in zip(path, own, strict=True))))
    whole = sum(sums.values())
    assert np.exp(measure_total(lattice, scores)) == pytest.approx(whole)
    constraint = Constraint((2, 2), check="luhn")
    wanted = {text: p for text, p in sums.items() if text and is_allowed(text, constraint.rules)}
    best = max(wanted, key=lambda text: wanted[text])
    found = list_candidates(lattice, scores, constraint).allowed
    assert found[0].text == best or wanted[found[0].text] == pytest.approx(wanted[best], rel=1e-3)
    free = list_candidates(lattice, scores, None).allowed
    assert free[0].confidence == pytest.approx(max(sums.values()) / whole, rel=1e-2)
