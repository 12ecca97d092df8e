from __future__ import annotations

import itertools
import math
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.forms.form_reading import FieldReading
from pipeline.forms.template import FormSum
from pipeline.forms.totals import check_sums, find_texts_that_add_up, measure_share, measure_shares
from pipeline.geometry import Box

SUM = FormSum("c", ("a", "b"))
BOX = Box(0, 0, 10, 10)


def read(name: str, text: str, confidence: float = 0.95, *others: tuple[str, float]) -> FieldReading:
    status = "blank" if not text else "accepted" if confidence >= 0.9 else "rejected"
    doubtful = status == "rejected"
    reason = "it is not sure" if doubtful else None
    candidates = ((text, confidence), *others)
    return FieldReading(name, text, confidence, status, reason, BOX, (), candidates, is_only_doubtful=doubtful)


def check(*fields: FieldReading) -> tuple[dict[str, FieldReading], str, str | None]:
    checked, (found,) = check_sums(fields, [SUM], 0.9)
    return {one.name: one for one in checked}, found.status, found.reason


def test_right_sum_makes_its_fields_surer() -> None:
    fields, status, _ = check(read("a", "12", 0.8, ("17", 0.15)), read("b", "30"), read("c", "42"))
    assert status == "right" and fields["a"].status == "accepted"
    assert fields["a"].confidence > 0.9 and fields["a"].reason is None


def test_wrong_sum_names_the_readings_that_would_add_up() -> None:
    fields, status, reason = check(read("a", "12", 0.8, ("17", 0.15)), read("b", "30"), read("c", "47"))
    assert status == "wrong"
    assert reason == "c is 47, but its fields add up to 42; it would with a = 17"
    assert fields["a"].proposal == "17" and fields["a"].status == "rejected" and fields["a"].text == "12"
    assert fields["b"].status == "accepted" and fields["b"].proposal is None


def test_all_fields_are_in_doubt_where_nothing_adds_up() -> None:
    fields, status, reason = check(read("a", "12"), read("b", "30"), read("c", "99"))
    assert status == "wrong" and reason == "c is 99, but its fields add up to 42"
    assert {one.status for one in fields.values()} == {"rejected"}


def test_doubtful_field_is_rejected_where_an_unlikely_reading_of_another_adds_up() -> None:
    parts = FormSum("e", ("a", "b", "c", "d"))
    doubtful = read("a", "93", 0.91, ("98", 0.06))
    others = (read("b", "30", 0.99, ("36", 1e-4)), read("c", "20", 0.99), read("d", "10", 0.99))
    checked, (found,) = check_sums([doubtful, *others, read("e", "159", 0.99)], [parts], 0.9)
    assert found.reason == "e is 159, but its fields add up to 153; it would with b = 36"
    assert [one.status for one in checked[:2]] == ["rejected", "rejected"]
    likely = replace(others[0], candidates=(("30", 0.9), ("36", 0.09)), confidence=0.9)
    checked, _ = check_sums([doubtful, likely, *others[1:], read("e", "159", 0.99)], [parts], 0.9)
    assert [one.status for one in checked] == ["accepted", "rejected", "accepted", "accepted", "accepted"]


def test_blank_fields_count_as_nothing_and_a_blank_total_is_not_checked() -> None:
    assert check(read("a", ""), read("b", "30"), read("c", "30"))[1] == "right"
    assert check(read("a", "1"), read("b", "30"), read("c", ""))[1:] == ("unknown", "its total is blank")


def test_sum_of_fields_that_the_page_lacks_is_left_out() -> None:
    assert check_sums([read("a", "1")], [SUM], 0.9)[1] == ()


costs = st.floats(0, 8)
texts = st.dictionaries(st.integers(0, 99).map(str), costs, min_size=1, max_size=4)


@given(st.lists(texts, min_size=2, max_size=4))
def test_best_combination_is_that_of_brute_force(fields: list[dict[str, float]]) -> None:
    for own in fields:
        own[next(iter(own))] = 0.0
    lists = [sorted(own.items(), key=lambda item: item[1]) for own in fields]
    fitting = [
        chosen
        for chosen in itertools.product(*lists)
        if sum(int(text) for text, _ in chosen[:-1]) == int(chosen[-1][0]) and sum(c for _, c in chosen) <= 48
    ]
    found = find_texts_that_add_up(lists[:-1], lists[-1])
    assert (found is None) == (not fitting)
    if found is None:
        return
    least = min(sum(cost for _, cost in chosen) for chosen in fitting)
    assert sum(own[text] for own, text in zip(fields, found, strict=True)) == pytest.approx(least)
    weights = [math.exp(-sum(cost for _, cost in chosen)) for chosen in fitting]
    assert measure_share(lists, found) == pytest.approx(math.exp(-least) / sum(weights), abs=1e-3)


def test_shares_of_fields_by_hand() -> None:
    texts = [[("1", 0.0), ("2", math.log(4))], [("5", 0.0)], [("7", 0.0)]]
    unlisted = 3e-3
    whole = 0.25 + 3 * unlisted
    found = measure_shares(texts, ["1", "5", "7"])
    assert found == pytest.approx([2 * unlisted / whole, *[(0.25 + 2 * unlisted) / whole] * 2])
    assert measure_shares([[("1", 0.0)], [("5", 0.0)], [("7", 0.0)]], ["1", "5", "7"]) == [0, 0, 0]


@given(st.lists(texts, min_size=2, max_size=4))
def test_shares_are_those_of_brute_force(fields: list[dict[str, float]]) -> None:
    lists = [sorted({**own, next(iter(own)): 0.0}.items(), key=lambda item: item[1]) for own in fields]
    texts_read = [own[0][0] for own in lists]
    weights = {
        tuple(text for text, _ in chosen): math.exp(-sum(cost for _, cost in chosen))
        for chosen in itertools.product(*lists)
        if sum(int(text) for text, _ in chosen[:-1]) == int(chosen[-1][0])
    }
    whole, n = sum(weights.values()), len(lists)
    for at, share in enumerate(measure_shares(lists, texts_read)):
        held = sum(weight for chosen, weight in weights.items() if chosen[at] == texts_read[at])
        expected = (held + (n - 1) * 3e-3) / (whole + n * 3e-3) if whole else 0.0
        assert share == pytest.approx(expected, abs=2e-3)
