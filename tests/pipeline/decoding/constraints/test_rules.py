"""Each rule against a plain predicate on random strings of digits."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.decoding.constraints.rules import (
    Rule,
    bound_value,
    check_ean13,
    check_luhn,
    check_mod97,
    count_digits,
    find_signs,
    follow,
    is_allowed,
    match_pattern,
)

ANY = "0123456789"
STRINGS = st.text(ANY, max_size=6) | st.text("01", max_size=6) | st.text(ANY, min_size=12, max_size=14)


def obeys_luhn(digits: str) -> bool:
    turned = [int(digit) for digit in reversed(digits)]
    doubled = [sum(map(int, str(2 * digit))) for digit in turned[1::2]]
    return len(digits) >= 2 and (sum(turned[::2]) + sum(doubled)) % 10 == 0


def obeys_ean13(digits: str) -> bool:
    return len(digits) == 13 and (sum(map(int, digits[::2])) + 3 * sum(map(int, digits[1::2]))) % 10 == 0


def obeys_mod97(digits: str) -> bool:
    return len(digits) >= 3 and int(digits) % 97 == 1


RULES: dict[str, tuple[Rule, Callable[[str], bool]]] = {
    "3 digits": (count_digits(3, 3), lambda d: len(d) == 3),
    "1 to 2 digits": (count_digits(1, 2), lambda d: 1 <= len(d) <= 2),
    "0 to 20": (bound_value(0, 20), lambda d: int(d) <= 20),
    "7 to 7": (bound_value(7, 7), lambda d: int(d) == 7),
    "0 to 0": (bound_value(0, 0), lambda d: int(d) == 0),
    "98 to 1003": (bound_value(98, 1003), lambda d: 98 <= int(d) <= 1003),
    "110 to 1011": (bound_value(110, 1011), lambda d: 110 <= int(d) <= 1011),
    "from 101 on": (bound_value(101, None), lambda d: int(d) >= 101),
    "up to 1100": (bound_value(None, 1100), lambda d: int(d) <= 1100),
    "1d/d0": (match_pattern("1d/d0"), lambda d: re.fullmatch(r"1\d\d0", d) is not None),
    "luhn": (check_luhn(), obeys_luhn),
    "ean13": (check_ean13(), obeys_ean13),
    "mod97": (check_mod97(), obeys_mod97),
}


@pytest.mark.parametrize(("rule", "obeys"), RULES.values(), ids=RULES)
@given(digits=STRINGS.filter(bool))
def test_rule_accepts_what_the_predicate_does(rule: Rule, obeys: Callable[[str], bool], digits: str) -> None:
    assert is_allowed(digits, [rule]) == obeys(digits)


@pytest.mark.parametrize(
    ("rule", "valid"),
    [
        (check_luhn(), "79927398713"),
        (check_luhn(), "4111111111111111"),
        (check_ean13(), "4006381333931"),
        (check_mod97(), "3214282912345698765432161182"),
    ],
    ids=["Luhn's own example", "card", "article", "bank account, its letters as numbers"],
)
def test_known_numbers_have_their_check_digits(rule: Rule, valid: str) -> None:
    assert is_allowed(valid, [rule])
    for place in range(len(valid)):  # a check digit finds every single wrong digit
        wrong = valid[:place] + str((int(valid[place]) + 1) % 10) + valid[place + 1 :]
        assert not is_allowed(wrong, [rule])


@given(STRINGS, st.lists(st.sampled_from([rule for rule, _ in RULES.values()]), min_size=1, max_size=3))
def test_product_accepts_what_all_rules_do(digits: str, rules: list[Rule]) -> None:
    product, state = follow(rules), 0
    for digit in digits:
        state = product.steps[state][int(digit)] if state >= 0 else -1
    is_accepted = state >= 0 and product.finals[state]
    assert is_accepted == (bool(digits) and is_allowed(digits, rules))


@pytest.mark.parametrize(
    ("text", "signs"),
    [
        ("dddd", set()),
        ("dd/dd/dddd", {2, 4}),
        ("(ddd) ddd-dddd", {0, 3, 6}),
        ("ddd ddd", set()),
        ("12.50%", {2, 4}),
        ("d", set()),
    ],
)
def test_signs_stand_after_so_many_digits(text: str, signs: set[int]) -> None:
    assert find_signs(text) == signs


def test_states_that_expect_a_sign() -> None:
    product = follow([match_pattern("d:dd"), count_digits(3, 3)])
    state, seen = 0, []
    for digit in (1, 2, 3):
        seen.append(product.signs[state])
        state = product.steps[state][digit]
    assert [*seen, product.signs[state]] == [False, True, False, False]
