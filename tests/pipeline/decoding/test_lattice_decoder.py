"""Decoding: the best path through a lattice and its posteriors, by hand and against every path; numbers."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from pipeline.decoding.lattice_decoder import (
    combine_scores,
    compute_posteriors,
    find_best_path,
    find_paths,
    form_numbers,
    make_reading,
)
from pipeline.geometry import Box
from pipeline.settings.decoding import DecodeSettings
from pipeline.settings.tree import Settings
from pipeline.types import Digit, DigitScores, Lattice, Reading
from tests.support.drawing import make_lattice, make_scores

SETTINGS = Settings()
FREE = replace(SETTINGS.decode, skip_price=0.0, n_alternatives=2, digit_weight=1.0, line_weight=1.0)
DEAR = replace(FREE, skip_price=20.0)
"""Nothing is passed over: what is left is which digits, and which cuts."""
TWO = make_lattice(3, (0, 1), (1, 2), (0, 2))
Rows = list[dict[str, float]]


def decode(
    lattices: Sequence[Lattice],
    scores: DigitScores,
    settings: DecodeSettings,
    log_likelihoods: Sequence[np.ndarray] = (),
) -> tuple[Reading, ...]:
    """Return the numbers of lattices that are a page."""
    paths = find_paths(lattices, scores, settings, log_likelihoods)
    return form_numbers(paths, [x.line.number for x in lattices], settings, SETTINGS.outliers, SETTINGS.number_groups)


def read(*lattices: Lattice, scores: DigitScores, settings: DecodeSettings = FREE) -> tuple[Reading, ...]:
    """Read with a line network that says nothing: what is left are the digit network's scores."""
    mute = [np.zeros((len(lattice.spans), 11)) for lattice in lattices]
    return decode(lattices, scores, settings, mute)


HAND: dict[str, tuple[Rows, float, list[tuple[int, bool]], str]] = {
    # span 0 is the left piece, 1 the right one, 2 both; 0.9 * 0.8 = 0.72
    "two digits, 0.72 beats 0.7": ([{"1": 0.9}, {"7": 0.8}, {"4": 0.7}], 0, [(0, True), (1, True)], "17"),
    "one digit, 0.75 beats 0.72": ([{"1": 0.9}, {"7": 0.8}, {"4": 0.75}], 0, [(2, True)], "4"),
    "left is junk, 0.8 * 0.9": ([{"1": 0.2, "-": 0.8}, {"7": 0.9}, {"4": 0.3}], 0, [(0, False), (1, True)], "7"),
    "junk at a price, 0.8 * 0.9 / e^2": ([{"1": 0.2, "-": 0.8}, {"7": 0.9}, {"4": 0.3}], 2, [(2, True)], "4"),
    "all junk": ([{"-": 0.9}, {"-": 0.8}, {"-": 0.6}], 0, [(0, False), (1, False)], ""),
    "all junk, passed over at once": ([{"-": 0.9}, {"-": 0.8}, {"-": 0.99}], 0, [(2, False)], ""),
}


@pytest.mark.parametrize(("rows", "price", "path", "text"), HAND.values(), ids=HAND)
def test_best_path_by_hand(rows: Rows, price: float, path: list[tuple[int, bool]], text: str) -> None:
    settings = replace(FREE, skip_price=price)
    assert find_best_path(TWO, combine_scores(TWO, make_scores(*rows), None, settings)) == path
    assert [r.text for r in read(TWO, scores=make_scores(*rows), settings=settings)] == ([text] if text else [])


@st.composite
def draw_lattices(draw: st.DrawFn) -> tuple[Lattice, DigitScores]:
    n_cuts = draw(st.integers(2, 5))
    wider = [(a, b) for a in range(n_cuts) for b in range(a + 2, n_cuts)]
    edges = [(a, a + 1) for a in range(n_cuts - 1)] + draw(st.lists(st.sampled_from(wider or [(0, 1)]), unique=True))
    edges = list(dict.fromkeys(draw(st.permutations(edges))))
    weights = draw(hnp.arrays(np.float32, (len(edges), draw(st.sampled_from([10, 11]))), elements=st.integers(0, 50)))
    weights[:, 0] += 1
    return make_lattice(n_cuts, *edges), DigitScores(weights / weights.sum(axis=1, keepdims=True))


@given(draw_lattices())
def test_no_other_path_is_better(drawn: tuple[Lattice, DigitScores]) -> None:
    lattice, scores = drawn

    def gain(i: int, is_digit: bool) -> float:
        return float(np.log(max(scores.digits[i].max() if is_digit else scores.not_digit[i], 1e-6)))

    def find_best_from(cut: int) -> float:
        if cut == lattice.n_cuts - 1:
            return 0.0
        onward = [(i, s.last) for i, s in enumerate(lattice.spans) if s.first == cut]
        return max(max(gain(i, True), gain(i, False)) + find_best_from(last) for i, last in onward)

    path = find_best_path(lattice, combine_scores(lattice, scores, None, FREE))
    cuts = [0, *[lattice.spans[i].last for i, _ in path]]
    assert [lattice.spans[i].first for i, _ in path] == cuts[:-1] and cuts[-1] == lattice.n_cuts - 1
    assert sum(gain(*step) for step in path) == pytest.approx(find_best_from(0), abs=1e-4)


def test_dear_skipping_keeps_every_digit() -> None:
    scores = make_scores({"1": 0.2, "-": 0.8}, {"7": 0.1, "-": 0.9}, {"4": 0.01, "-": 0.99})
    for price, n_digits in ((0.0, 0), (20.0, 2)):
        path = find_best_path(TWO, combine_scores(TWO, scores, None, replace(FREE, skip_price=price)))
        assert sum(is_digit for _, is_digit in path) == n_digits


@given(draw_lattices())
def test_readings_are_consistent(drawn: tuple[Lattice, DigitScores]) -> None:
    for reading in read(drawn[0], scores=drawn[1], settings=SETTINGS.decode):
        assert reading.text == "".join(digit.text for digit in reading.digits) and reading.text.isdecimal()
        assert 0 <= reading.confidence <= min(digit.confidence for digit in reading.digits) + 1e-5
        for digit in reading.digits:
            assert Box.around([digit.box, reading.box]) == reading.box
            assert all(other <= digit.confidence for _, other in digit.alternatives)


def test_scores_by_hand() -> None:
    scores = make_scores({"1": 0.5, "-": 0.5}, {"7": 1.0}, {"-": 1.0})
    alone = combine_scores(TWO, scores, None, replace(FREE, skip_price=2.0, digit_weight=3.0, line_weight=5.0))
    assert alone.shape == (3, 11)
    assert np.exp(alone[0]) == pytest.approx([1e-6, 0.5, *[1e-6] * 8, 0.5 * np.exp(-2)])
    # the third is 20 wide and 20 high, so 20 / (0.7 * 20) digits would stand there
    assert alone[:, 10] == pytest.approx([np.log(0.5) - 2, np.log(1e-6) - 2, -2 * 20 / 14])
    log_likelihoods = np.arange(33.0).reshape(3, 11)
    both = combine_scores(
        TWO, scores, log_likelihoods, replace(FREE, skip_price=2.0, digit_weight=3.0, line_weight=5.0)
    )
    assert both == pytest.approx(3 * alone + 5 * log_likelihoods)


def test_line_network_may_overrule_the_digit_network() -> None:
    scores = make_scores({"1": 0.9}, {"7": 0.8}, {"4": 0.7})
    log_likelihoods = np.full((3, 11), np.log(1e-3))
    log_likelihoods[2, 4] = np.log(0.9)
    for line_weight, text in ((0.0, "17"), (1.0, "4")):
        settings = replace(DEAR, digit_weight=1.0, line_weight=line_weight)
        (reading,) = decode((TWO,), scores, settings, (log_likelihoods,))
        assert reading.text == text


def test_posteriors_by_hand() -> None:
    # both ways together combine_scores 1 * 1 + 0.25: the cut is worth 1 / 1.25 = 0.8, the whole 0.25 / 1.25 = 0.2
    scores = make_scores({"1": 0.9, "4": 0.1}, {"7": 0.8, "1": 0.2}, {"4": 0.25, "-": 0.75})
    posteriors = compute_posteriors(TWO, combine_scores(TWO, scores, None, DEAR))
    assert posteriors.shape == (3, 10) and posteriors.dtype == np.float32
    # on the left, 4 is read by the left piece and by the whole: 0.8 * 0.1 + 0.2
    assert posteriors[0, [1, 4, 7]] == pytest.approx([0.72, 0.28, 0], abs=1e-4)
    assert posteriors[1, [1, 4, 7]] == pytest.approx([0.16, 0.2, 0.64], abs=1e-4)
    # the whole takes the left, where its 4 is likelier than on the right; the 1 there, at 0.72, comes after the 4
    assert posteriors[2, [1, 4, 7]] == pytest.approx([0.28, 0.28, 0], abs=1e-4)
    assert posteriors[2, 1] == np.nextafter(posteriors[2, 4], np.float32(0))


def test_passing_over_has_its_share() -> None:
    only = make_lattice(2, (0, 1))
    scores = make_scores({"5": 0.4, "-": 0.6})
    assert compute_posteriors(only, combine_scores(only, scores, None, FREE))[0, 5] == pytest.approx(0.4, abs=1e-4)
    assert compute_posteriors(only, combine_scores(only, scores, None, DEAR))[0, 5] == pytest.approx(1.0, abs=1e-4)


SAME: dict[str, tuple[Lattice, Rows, str, float]] = {
    # two paths, of one half each
    "cut a little beside": (
        make_lattice(4, (0, 1), (1, 3), (0, 2), (2, 3)),
        [{"7": 1.0}, {"1": 1.0}, {"7": 1.0}, {"1": 1.0}],
        "71",
        1.0,
    ),
    "with a speck and without": (TWO, [{"5": 1.0}, {"-": 1.0}, {"5": 1.0}], "5", 1.0),
    "only where they read the same, 0.5 + 0.5 * 0.75": (
        TWO,
        [{"5": 1.0}, {"-": 1.0}, {"5": 0.75, "3": 0.25}],
        "5",
        0.875,
    ),
}


@pytest.mark.parametrize(("lattice", "rows", "text", "sure"), SAME.values(), ids=SAME)
def test_paths_that_read_the_same_digit_add_up(lattice: Lattice, rows: Rows, text: str, sure: float) -> None:
    (reading,) = read(lattice, scores=make_scores(*rows))
    assert reading.text == text
    assert [digit.confidence for digit in reading.digits] == pytest.approx([sure] * len(text), abs=1e-4)


def list_paths(lattice: Lattice, cut: int = 0) -> Iterator[list[int]]:
    """Yield every path from a cut to the end, each a list of spans."""
    if cut == lattice.n_cuts - 1:
        yield []
    for i, span in enumerate(lattice.spans):
        if span.first == cut:
            yield from ([i, *rest] for rest in list_paths(lattice, span.last))


def expect_posteriors(posteriors: np.ndarray, lattice: Lattice, log_scores: np.ndarray) -> None:
    """Compare with the sum, per stretch between two cuts, over every path: its weight times what it reads there."""
    totals = np.exp(log_scores).sum(axis=1)
    stands, whole = np.zeros((lattice.n_cuts - 1, 10)), 0.0
    for path in list_paths(lattice):
        weight = np.prod(totals[path])
        whole += weight
        for i in path:
            stands[lattice.spans[i].first : lattice.spans[i].last] += weight * np.exp(log_scores[i, :10]) / totals[i]
    for span, row, digit in zip(lattice.spans, posteriors, log_scores[:, :10].argmax(axis=1), strict=True):
        own = stands[span.first : span.last] / whole
        sure = own[:, digit].max()
        assert row[digit] == pytest.approx(sure, abs=1e-5)
        # of stretches that tie, any
        likeliest = [np.minimum(stretch, sure) for stretch in own if stretch[digit] > sure - 1e-9]
        assert any(row == pytest.approx(stretch, abs=1e-5) for stretch in likeliest)
        assert (np.delete(row, digit) < row[digit]).all() or row[digit] == 0
        assert (row >= 0).all() and row.sum() <= 1 + 1e-5


@given(draw_lattices(), st.floats(0, 5))
def test_posteriors_are_those_of_all_paths(drawn: tuple[Lattice, DigitScores], price: float) -> None:
    log_scores = combine_scores(*drawn, None, replace(FREE, skip_price=price))
    posteriors = compute_posteriors(drawn[0], log_scores)
    expect_posteriors(posteriors, drawn[0], log_scores)
    for i, is_digit in find_best_path(drawn[0], log_scores):
        assert not is_digit or posteriors[i].argmax() == log_scores[i, :10].argmax()


@given(draw_lattices(), st.floats(-2000, 2000))
def test_posteriors_know_no_scale(drawn: tuple[Lattice, DigitScores], offset: float) -> None:
    """Gains far below what a float can hold when raised, all spans of one length, give the same posteriors."""
    lattice, scores = drawn
    lengths = np.array([span.last - span.first for span in lattice.spans])
    log_scores = combine_scores(lattice, scores, None, FREE)
    expect_posteriors(compute_posteriors(lattice, log_scores + offset * lengths[:, None]), lattice, log_scores)


def test_number_by_hand() -> None:
    rows: Rows = [{"1": 0.9, "7": 0.1}, {"7": 0.8, "1": 0.12, "9": 0.08}, {"4": 0.25, "-": 0.75}]
    (reading,) = read(TWO, scores=make_scores(*rows), settings=DEAR)
    assert (reading.text, reading.status, reading.reason, reading.line) == ("17", "accepted", None, 1)
    assert [d.confidence for d in reading.digits] == pytest.approx([0.72, 0.64], abs=1e-4)
    assert reading.confidence == pytest.approx(0.72 * 0.64, abs=1e-4)
    assert (reading.box, [d.box for d in reading.digits]) == (
        Box(0, 0, 20, 20),
        [Box(0, 0, 10, 20), Box(10, 0, 20, 20)],
    )
    second = reading.digits[1]
    assert [text for text, _ in second.alternatives] == ["4", "1"]  # the 4 of both together: 0.25 / 1.25
    assert [p for _, p in second.alternatives] == pytest.approx([0.2, 0.12 / 1.25], abs=1e-4)


def test_digit_network_alone_is_as_sure_as_it_says() -> None:
    rows: Rows = [{"1": 0.9, "7": 0.1}, {"7": 0.8, "1": 0.12, "9": 0.08}, {"4": 0.3, "-": 0.7}]
    (reading,) = decode((TWO,), make_scores(*rows), FREE)
    assert [d.confidence for d in reading.digits] == pytest.approx([0.9, 0.8])
    assert [p for _, p in reading.digits[1].alternatives] == pytest.approx([0.12, 0.08])
    assert reading.confidence == pytest.approx(0.72)
    assert [d.confidence for d in read(TWO, scores=make_scores(*rows))[0].digits] == pytest.approx(
        [0.45, 0.4], abs=1e-4
    )


def test_halves_passed_over_take_a_share_only_where_a_line_network_looked() -> None:
    # passing over both halves weighs 0.5 * 0.5: 1 / 1.25 = 0.8
    scores, settings = make_scores({"-": 1.0}, {"-": 1.0}, {"4": 1.0}), replace(FREE, skip_price=np.log(2))
    (alone,) = decode((TWO,), scores, settings)
    (looked,) = read(TWO, scores=scores, settings=settings)
    assert (alone.text, alone.confidence) == ("4", 1.0)
    assert (looked.text, looked.confidence) == ("4", pytest.approx(0.8, abs=1e-4))


@given(draw_lattices())
def test_without_evidence_a_digit_is_as_sure_as_its_own_score(drawn: tuple[Lattice, DigitScores]) -> None:
    rows = {span.box: row for span, row in zip(drawn[0].spans, drawn[1].digits, strict=True)}
    for settings in (DEAR, SETTINGS.decode):
        for reading in decode(drawn[:1], drawn[1], settings):
            for digit in reading.digits:
                own = rows[digit.box][int(digit.text)]
                assert own == rows[digit.box].max()
                if settings is DEAR:
                    assert digit.confidence == own
                else:  # what was passed over beside it speaks against it
                    assert 0 < digit.confidence <= own


def test_number_is_as_sure_as_the_product_of_its_digits() -> None:
    digits = [Digit("1", 0.9, Box(0, 0, 10, 20)), Digit("7", 0.5, Box(12, 2, 20, 22))]
    reading = make_reading(digits, 3)
    assert (reading.text, reading.line) == ("17", 3)
    assert reading.confidence == pytest.approx(0.45)
    assert reading.box == Box(0, 0, 20, 22)


def test_alternatives_are_as_many_as_asked_for() -> None:
    scores = make_scores({"1": 1.0}, {"7": 0.6, "2": 0.4}, {"-": 1.0})
    for n in (0, 1):
        (reading,) = read(TWO, scores=scores, settings=replace(DEAR, n_alternatives=n))
        assert [len(digit.alternatives) for digit in reading.digits] == [n, n]


def test_lines_take_their_own_scores_in_order() -> None:
    upper, empty, lower = TWO, make_lattice(2, (0, 1), number=2), make_lattice(3, (0, 1), (1, 2), number=3)
    rows: Rows = [{"1": 0.9}, {"2": 0.9}, {}, {"-": 1}, {"3": 0.9}, {"4": 0.9}]
    readings = read(upper, empty, lower, scores=make_scores(*rows))
    assert [(r.line, r.text) for r in readings] == [(1, "12"), (3, "34")]


def test_a_sign_ends_a_number() -> None:
    line = make_lattice(4, (0, 1), (1, 2), (2, 3))
    readings = read(line, scores=make_scores({"1": 0.9}, {"-": 0.99}, {"2": 0.9}))
    assert [r.text for r in readings] == ["1", "2"]


@pytest.mark.parametrize("n_classes", [10, 11])
def test_page_without_lines_has_no_readings(n_classes: int) -> None:
    assert read(scores=DigitScores(np.zeros((0, n_classes), np.float32))) == ()
