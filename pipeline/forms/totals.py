"""Sums of a form: whether they add up as read, and the most probable readings by which they do.

Where a sum does not add up, those of its fields are rejected that would have to be read otherwise; all of them, where
no one set of readings that adds up is much more probable than all others.

Each field comes with the texts that it may hold and their probabilities. A total that adds up is strong evidence for
all of its fields: of the many ways to misread them hardly one adds up. So a sum is checked by all combinations of
texts that add up, found by a sum over partial sums, exact as far as a combination is not beyond belief.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from pipeline.forms.form_reading import FieldReading, SumReading
from pipeline.forms.template import FormSum

Texts = Sequence[tuple[str, float]]
"""The texts that a field may hold, and their costs in nats, from 0."""

_BOUNDS_NATS = (6.0, 12.0, 24.0, 48.0)
"""How much less probable than the readings a combination may be, bound by bound; the first that has one is exact."""

_MOST_SUMS = 200_000
"""Partial sums that are kept at a bound."""

_LEAST, _LEAST_WEIGHT = 1e-12, 1e-7
"""Floors of a probability, and of that of a partial sum which is looked at."""

_TOTAL_IS_RIGHT = 0.995
"""Sums that add up as read although a field was misread, or that were written wrong, are rarer."""

_UNLISTED = 3e-3
"""How much less probable than its best text it is that a field holds just that text by which its sum adds up, and which
it does not look like at all: of the fields that seem surest, three or four in a thousand are misread."""


@dataclass(frozen=True, slots=True)
class _Partial:
    """The least cost, nats, of texts that add up to a partial sum, and these texts' indices."""

    cost: float
    chosen: tuple[int, ...]


def check_sums(
    fields: Sequence[FieldReading], sums: Sequence[FormSum], reject_below: float
) -> tuple[list[FieldReading], tuple[SumReading, ...]]:
    """Return the fields, those of sums that do not add up rejected with what would, and what became of each sum.

    Parameters
    ----------
    fields : of one page
    sums : of the form; those with a field that the page has not are left out
    reject_below : confidence from which a number is accepted
    """
    by_name = {one.name: one for one in fields}
    found = []
    for one in sums:
        if not set(one.names) <= set(by_name):
            continue
        result, changed = _check_sum(one, by_name, reject_below)
        found.append(result)
        by_name.update(changed)
    return [by_name[one.name] for one in fields], tuple(found)


def _check_sum(
    one: FormSum, fields: Mapping[str, FieldReading], reject_below: float
) -> tuple[SumReading, dict[str, FieldReading]]:
    """Return what became of a sum, and its fields that change."""
    total, parts = fields[one.total], [fields[name] for name in one.of]
    if total.status == "blank" or all(part.status == "blank" for part in parts):
        return SumReading(one.total, "unknown", "its total is blank" if total.status == "blank" else None), {}
    if any(not own.text and own.status != "blank" for own in (*parts, total)):
        return SumReading(one.total, "unknown", "one of its fields is not read"), {}
    added = sum(int(part.text or 0) for part in parts)
    if added == int(total.text):
        return SumReading(one.total, "right"), _confirm(one, fields, reject_below)
    what = f"{one.total} is {total.text}, but its fields add up to {added}"
    texts = [list_texts(own) for own in (*parts, total)]
    best = find_texts_that_add_up(texts[:-1], texts[-1])
    proposals = {n: t for n, t in zip(one.names, best, strict=True) if t != fields[n].text} if best else {}
    would = ", ".join(f"{name} = {text or 'blank'}" for name, text in proposals.items())
    reason = f"{what}; it would with {would}" if would else what
    shares = measure_shares(texts, [fields[name].text for name in one.names])
    changed = {}
    for name, share in zip(one.names, shares, strict=True):
        own = fields[name]
        is_doubtful = own.status == "accepted" and _TOTAL_IS_RIGHT * share < reject_below
        if name in proposals or is_doubtful:
            changed[name] = replace(own, status="rejected", reason=own.reason or reason, proposal=proposals.get(name))
    return SumReading(one.total, "wrong", reason), changed


def _confirm(one: FormSum, fields: Mapping[str, FieldReading], reject_below: float) -> dict[str, FieldReading]:
    """Return the fields of a sum that adds up, as sure as that no other texts that add up were meant."""
    texts = [list_texts(fields[name]) for name in one.names]
    together = _TOTAL_IS_RIGHT * measure_share(texts, [fields[name].text for name in one.names])
    changed = {}
    for name in one.names:
        own = fields[name]
        if own.text and own.confidence < together:
            is_doubtful = own.status == "rejected" and own.is_only_doubtful and together >= reject_below
            sure = replace(own, status="accepted", reason=None) if is_doubtful else own
            changed[name] = replace(sure, confidence=together)
    return changed


def measure_share(texts: Sequence[Texts], chosen: Sequence[str]) -> float:
    """Return the probability of texts that add up among all texts that add up.

    Parameters
    ----------
    texts : of each field, the total last
    chosen : one of them for each field
    """
    *parts, total = texts
    weights = {0: 1.0}
    for own in parts:
        weights = _weigh(weights, own, 1)
    whole = sum(weights.get(int(text or 0), 0.0) * math.exp(-cost) for text, cost in total)
    weight = math.exp(-sum(dict(known)[text] for known, text in zip(texts, chosen, strict=True)))
    return min(1.0, weight / whole) if whole else 0.0


def measure_shares(texts: Sequence[Texts], read: Sequence[str]) -> list[float]:
    """Return, for each field of a sum that does not add up as read, the probability that it holds what was read.

    Some of the fields hold other texts, those by which the sum adds up: one of their candidates, or what no candidate
    shows, as where a 3 looks just like a 9. A doubtful field is more probably the one, one beyond doubt hardly.

    Parameters
    ----------
    texts : of each field, the total last
    read : what each was read as, one of its texts
    """
    *parts, total = texts
    before = [{0: 1.0}]
    for own in parts:
        before.append(_weigh(before[-1], own, 1))
    after = [{int(text or 0): math.exp(-cost) for text, cost in total}]
    for own in reversed(parts):
        after.append(_weigh(after[-1], own, -1))
    whole = _join(before[-1], after[0], 0)
    if not whole:
        return [0.0] * len(texts)
    shares = []
    for at, (own, text) in enumerate(zip(texts, read, strict=True)):
        value, weight = int(text or 0), math.exp(-dict(own)[text])
        is_part = at < len(parts)
        held = weight * (_join(before[at], after[-2 - at], value) if is_part else before[-1].get(value, 0.0))
        shares.append(min(1.0, (held + _UNLISTED * len(parts)) / (whole + _UNLISTED * len(texts))))
    return shares


def _join(before: Mapping[int, float], after: Mapping[int, float], between: int) -> float:
    """Return the summed weights of all ways to go on from a partial sum, what is between them added to it."""
    return sum(weight * after.get(value + between, 0.0) for value, weight in before.items())


def _weigh(weights: Mapping[int, float], own: Texts, sign: int) -> dict[int, float]:
    """Return the weights of partial sums with one field more (sign 1) or less (-1); none if they are too many."""
    reached: dict[int, float] = {}
    for value, weight in weights.items():
        for text, cost in own:
            more = weight * math.exp(-cost)
            if more >= _LEAST_WEIGHT:
                place = value + sign * int(text or 0)
                reached[place] = reached.get(place, 0.0) + more
    return reached if len(reached) <= _MOST_SUMS else {}


def list_texts(field: FieldReading) -> list[tuple[str, float]]:
    """Return the texts that a field may hold with their costs, nats more than its best, the best first."""
    known = {field.text: max(_LEAST, field.confidence)}
    for text, confidence in field.candidates:
        known.setdefault(text, max(_LEAST, confidence))
    top = max(known.values())
    return sorted(((text, math.log(top / p)) for text, p in known.items()), key=lambda item: item[1])


def find_texts_that_add_up(
    parts: Sequence[Sequence[tuple[str, float]]], total: Sequence[tuple[str, float]]
) -> list[str] | None:
    """Return the texts of the parts and the total, the total's last, that add up at the least cost; None if none do.

    A blank text counts as 0.

    Parameters
    ----------
    parts, total : (text, cost in nats, from 0) of each field
    """
    for bound in _BOUNDS_NATS:
        sums: dict[int, _Partial] = {0: _Partial(0.0, ())}
        for own in parts:
            sums = _add(sums, own, bound)
            if len(sums) > _MOST_SUMS:
                return None
        matches = [(cost + sums[int(text or 0)].cost, text) for text, cost in total if text and int(text) in sums]
        within = [match for match in matches if match[0] <= bound]
        if within:
            _, text = min(within)
            chosen = sums[int(text)].chosen
            return [*(own[k][0] for own, k in zip(parts, chosen, strict=True)), text]
    return None


def _add(sums: Mapping[int, _Partial], own: Sequence[tuple[str, float]], bound: float) -> dict[int, _Partial]:
    """Return the partial sums with one field more, those that cost more than the bound left out."""
    after: dict[int, _Partial] = {}
    for value, partial in sums.items():
        for k, (text, more) in enumerate(own):
            cost, reached = partial.cost + more, value + int(text or 0)
            if cost <= bound and (reached not in after or cost < after[reached].cost):
                after[reached] = _Partial(cost, (*partial.chosen, k))
    return after
