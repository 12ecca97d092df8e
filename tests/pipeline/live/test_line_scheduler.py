"""Lines take turns: what is new or has yet to be confirmed is read first, what is known is recalled where it is now."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest

from pipeline.decoding.pick import Pick
from pipeline.geometry import Box
from pipeline.live.line_scheduler import LineScheduler, estimate_cost
from pipeline.types import Span, TextLine
from tests.support.drawing import make_component

Boxes = Sequence[tuple[int, int, int, int]]


def write_line(number: int, n_digits: int, left: float = 100, top: float = 50) -> TextLine:
    """Return the number-th line of so many digits, 20 px wide and 30 px high."""
    x, y = round(left), round(top) + 80 * (number - 1)
    return TextLine(tuple(make_component(x + 30 * i, y, x + 30 * i + 20, y + 30) for i in range(n_digits)), number)


def read_line(line: TextLine) -> list[Pick]:
    row = np.full(10, 0.1, np.float32)
    return [
        Pick(Span(i, i + 1, c.box, c.mask, c.stroke_width_px, c.contrast), row, True)
        for i, c in enumerate(line.components)
    ]


def take(scheduler: LineScheduler, lines: Sequence[TextLine], unsettled: Sequence[int] = ()) -> list[int]:
    """Let the scheduler take a frame, lines of these numbers unsettled; return which lines were read."""
    scheduler.unsettled = [line.components[0].box for line in lines if line.number in unsettled]
    known = scheduler.recall(lines)
    scheduler.keep(
        lines, known, [read_line(line) if path is None else path for line, path in zip(lines, known, strict=True)]
    )
    read = [line.number for line, path in zip(lines, known, strict=True) if path is None]
    assert set(read) | scheduler.recalled == {line.number for line in lines}
    return read


def test_no_lines() -> None:
    assert take(LineScheduler(20), []) == []


def test_what_is_new_is_read_and_read_again_while_it_is_unsettled() -> None:
    scheduler, lines = LineScheduler(20), [write_line(1, 5), write_line(2, 5)]
    for _ in range(10):
        assert take(scheduler, lines, unsettled=[1, 2]) == [1, 2]


def test_settled_lines_take_turns_and_all_get_theirs() -> None:
    scheduler, lines = LineScheduler(18), [write_line(number, 5) for number in (1, 2, 3)]
    assert take(scheduler, lines) == [1, 2, 3]
    turns = [take(scheduler, lines) for _ in range(6)]
    assert all(len(read) == 1 for read in turns)
    assert sorted(turns[:3]) == sorted(turns[3:]) == [[1], [2], [3]]


def test_unsettled_line_is_read_each_time_among_settled_ones() -> None:
    scheduler, lines = LineScheduler(18), [write_line(number, 5) for number in (1, 2, 3)]
    take(scheduler, lines)
    assert all(2 in take(scheduler, lines, unsettled=[2]) for _ in range(8))


def test_line_that_nothing_comes_of_loses_its_hurry() -> None:
    scheduler, lines = LineScheduler(18), [write_line(number, 5) for number in (1, 2, 3)]
    n_read = [2 in take(scheduler, lines, unsettled=[2]) for _ in range(60)]
    assert all(n_read[:15])
    assert 8 <= sum(n_read[-30:]) <= 12


def test_more_new_lines_than_a_frame_can_take_are_all_read_soon() -> None:
    scheduler, lines = LineScheduler(12), [write_line(number, 5) for number in range(1, 6)]
    read = [take(scheduler, lines, unsettled=range(1, 6)) for _ in range(3)]
    assert read[0] != read[1] and set(sum(read, [])) == {1, 2, 3, 4, 5}


def test_line_longer_than_a_frame_can_take_is_read_alone() -> None:
    scheduler, lines = LineScheduler(6), [write_line(1, 20), write_line(2, 3)]
    read = [take(scheduler, lines, unsettled=[1, 2]) for _ in range(4)]
    assert [1] in read and all(len(numbers) == 1 for numbers in read)


def test_recalled_line_is_where_it_has_moved_to() -> None:
    scheduler = LineScheduler(9)
    take(scheduler, [write_line(1, 4), write_line(2, 4)])
    take(scheduler, [write_line(1, 4), write_line(2, 4)])
    moved = [write_line(1, 4, 106, 47), write_line(2, 4, 106, 47)]
    recalled = [(line, path) for line, path in zip(moved, scheduler.recall(moved), strict=True) if path is not None]
    assert len(recalled) == 1
    for line, path in recalled:
        assert [pick.span.box for pick in path] == [component.box for component in line.components]


OTHERS: dict[str, list[TextLine]] = {
    "moved by more than its height": [write_line(1, 4, 100, 90)],
    "spread": [
        TextLine(tuple(make_component(100 + 46 * i, 40 + 12 * (i % 2), 120 + 46 * i, 70) for i in range(4)), 1),
    ],
    "gone": [write_line(3, 4)],
}


@pytest.mark.parametrize("lines", OTHERS.values(), ids=OTHERS)
def test_other_line_is_new(lines: list[TextLine]) -> None:
    scheduler, before = LineScheduler(10), [write_line(1, 4), write_line(2, 4)]
    assert take(scheduler, before) == [1, 2]
    assert take(scheduler, before, unsettled=[2]) == [2]
    assert take(scheduler, [*lines, write_line(2, 4)], unsettled=[2]) == [lines[0].number, 2]


def test_no_line_is_recalled_twice() -> None:
    scheduler, whole = LineScheduler(30), write_line(1, 6)
    take(scheduler, [whole])
    halves = [TextLine(whole.components[:3], 1), TextLine(whole.components[3:], 2)]
    assert sum(path is not None for path in scheduler.recall(halves)) <= 1


def test_cost_is_that_of_the_digits_and_a_little_for_the_length() -> None:
    assert estimate_cost(write_line(1, 4)) == pytest.approx(4 + 0.1 * 110 / 30)
    dashes = TextLine(tuple(make_component(x, 0, x + 4, 4) for x in (0, 796)), 1)
    assert estimate_cost(dashes) == pytest.approx(2 + 0.1 * 200)


def test_settled_line_is_read_too_while_there_is_time() -> None:
    scheduler, line = LineScheduler(20), write_line(1, 2)
    take(scheduler, [line])
    scheduler.unsettled = [Box(0, 0, 5, 5)]
    (path,) = scheduler.recall([line])
    assert path is None
