from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

import pytest

from pipeline.geometry import Box
from pipeline.live.tracker import Confirmation, Tracker
from pipeline.settings.live import TrackSettings
from pipeline.types import Reading
from tests.support.sightings import read_as

AREA = Box(0, 0, 1280, 720)
SETTINGS = TrackSettings()
FPS = 30

Frames = list[list[Reading]]


def follow(frames: Iterable[list[Reading]], settings: TrackSettings = SETTINGS, fps: float = FPS) -> list[Confirmation]:
    tracker = Tracker(settings)
    found = []
    for i, readings in enumerate(frames):
        found += tracker.update(readings, AREA, i + 1, i / fps)
    return found


def list_texts(frames: Frames, settings: TrackSettings = SETTINGS) -> list[str]:
    return [confirmed.reading.text for confirmed in follow(frames, settings)]


def hold(text: str, n: int, left: float = 400, top: float = 300, **kind: object) -> Frames:
    return [[read_as(text, left, top, **kind)] for _ in range(n)]  # type: ignore[arg-type]


def wander(text: str, n: int, step_px: float) -> Frames:
    return [[read_as(text, 200 + step_px * i, 200 + step_px * i / 3)] for i in range(n)]


def split(*texts: str, left: float = 400, top: float = 300) -> Frames:
    """Return a frame of one number that is read as several."""
    starts = [left + 30 * len("".join(texts[:i])) for i in range(len(texts))]
    return [[read_as(text, start, top) for text, start in zip(texts, starts, strict=True)]]


NOTHING: Frames = [[]]
DOUBTFUL: Frames = [*hold("43", 1), *hold("43", 1, sure=0.8, rejected=True)]
TABLE: list[tuple[str, Frames, list[str]]] = [
    ("nothing", NOTHING * 30, []),
    ("a number held still", hold("4207", 20), ["4207"]),
    ("too short to be sure", hold("4207", 5), []),
    ("one bad frame", [*hold("42", 9), *hold("47", 1), *hold("42", 15)], ["42"]),
    ("two bad frames in a row", [*hold("42", 9), *hold("47", 2), *hold("42", 15)], ["42"]),
    ("a frame without it", [*hold("42", 3), *NOTHING, *hold("42", 10)], ["42"]),
    ("every other frame unread", [f for one in hold("42", 10) for f in (one, [])], ["42"]),
    ("moved by the camera", wander("42", 30, 12), ["42"]),
    ("moved fast, by more than its height", wander("42", 12, 60), ["42"]),
    ("changed", [*hold("42", 20), *hold("917", 20)], ["42", "917"]),
    ("changed by one digit", [*hold("42", 20), *hold("43", 30)], ["42", "43"]),
    ("changed, and every other frame rejected", [*hold("42", 20), *(DOUBTFUL * 15)], ["42", "43"]),
    ("the same, but that some still read the old", [*hold("42", 20), *([*DOUBTFUL, *hold("42", 1)] * 10)], ["42"]),
    ("a digit misread for a third of a second", [*hold("42", 20), *hold("47", 9), *hold("42", 30)], ["42"]),
    ("half covered for a third of a second", [*hold("4207", 20), *hold("42", 9), *hold("4207", 20)], ["4207"]),
    ("gone and back", [*hold("42", 20), *NOTHING * 45, *hold("42", 20)], ["42"]),
    ("back at another place, after all was gone", [*hold("42", 20), *NOTHING * 45, *hold("42", 20, 900)], ["42"]),
    ("gone for long", [*hold("42", 20), *NOTHING * 150, *hold("42", 20)], ["42", "42"]),
    ("two with the same text", [[read_as("5", 100, 100), read_as("5", 600, 400)]] * 20, ["5", "5"]),
    ("never the same twice", [hold(str(100 + 7 * i), 1)[0] for i in range(40)], []),
    ("always rejected", hold("42", 40, sure=0.6, rejected=True), []),
    ("unsure and accepted", hold("42", 40, sure=0.6), []),
    ("a lone digit, surely and hardly by turns", [*hold("6", 1), *hold("6", 1, sure=0.7)] * 20, []),
    ("two digits, surely and hardly by turns", [*hold("61", 1), *hold("61", 1, sure=0.8)] * 20, ["61"]),
    ("a lone digit that is part of more at times", [*hold("5", 3), *hold("52", 1)] * 20, []),
    ("in two fragments every other frame", [*hold("1159", 1), *split("115", "9")] * 20, ["1159"]),
    ("in fragments at first", [*split("11", "59") * 4, *hold("1159", 20)], ["1159"]),
    ("in fragments while the camera shakes", [*hold("1159", 20), *split("115", "9") * 8, *hold("1159", 9)], ["1159"]),
    ("reported, then in fragments", [*hold("1159", 10), *[*split("11", "59") * 11, *hold("1159", 1)] * 3], ["1159"]),
    ("two numbers joined now and then", [*split("42", "17") * 10, *hold("4217", 1)] * 6, ["42", "17"]),
    ("a piece of it for a number", [[read_as("64"), read_as("1", 130, 90)]] * 20, ["64"]),
    ("without digits", [[replace(read_as("4"), digits=(), text="")]] * 20, []),
]  # fmt: skip


@pytest.mark.parametrize(("frames", "texts"), [row[1:] for row in TABLE], ids=[row[0] for row in TABLE])
def test_what_is_reported(frames: Frames, texts: list[str]) -> None:
    assert list_texts(frames) == texts


@pytest.mark.parametrize("fps", [15, 30])
def test_confirmed_within_seven_tenths_of_a_second(fps: int) -> None:
    changing = [*hold("42", fps), *hold("917", fps), *hold("916", fps)]
    for confirmed, shown_s in zip(follow(changing, fps=fps), (0, 1, 2), strict=True):
        assert confirmed.time_s - shown_s <= 0.7


def test_a_report_says_when_and_how_often() -> None:
    (confirmed,) = follow([*NOTHING * 10, *hold("42", 20)])
    assert (confirmed.frame, confirmed.n_frames, confirmed.replaces) == (16, 6, None)
    assert confirmed.time_s == pytest.approx(15 / 30)
    assert confirmed.reading.confidence > 0.95
    assert confirmed.reading.box == read_as("42", 400, 300).box


def test_a_changed_number_names_the_one_before() -> None:
    first, second = follow([*hold("42", 20), *hold("917", 20)])
    assert (first.replaces, second.replaces) == (None, "42")


def test_numbers_of_one_frame_come_in_reading_order() -> None:
    frame = [read_as("3", 500, 400), read_as("2", 500, 100), read_as("1", 100, 100)]
    assert list_texts([frame] * 10) == ["1", "2", "3"]


@pytest.mark.parametrize(
    ("left", "step", "texts"),
    [(1280 - 56 - 10, -9, ["42"]), (1280 - 56 - 10, 0, ["42"]), (1280 - 56 - 10, -0.5, ["42"])],
    ids=["sliding in", "still at the rim", "nearly still"],
)
def test_a_number_at_the_rim_is_read_once_it_stands_or_is_inside(left: int, step: float, texts: list[str]) -> None:
    assert list_texts([[read_as("42", left + step * i, 300)] for i in range(20)]) == texts


def test_half_a_number_sliding_in_is_not_reported() -> None:
    lefts = [1250 - 6 * i for i in range(50)]
    assert list_texts([[read_as("4207"[: (1284 - left) // 30], left, 300)] for left in lefts]) == ["4207"]


def test_what_is_in_sight() -> None:
    tracker = Tracker(SETTINGS)
    for i, readings in enumerate(hold("42", 10)):
        tracker.update(readings, AREA, i + 1, i / FPS)
        (number,) = tracker.numbers
        assert (number.reading.text, number.n_frames, number.is_confirmed) == ("42", i + 1, i >= 5)
    key = number.key
    tracker.update([read_as("42", 410, 300)], AREA, 11, 10 / FPS)
    assert [n.key for n in tracker.numbers] == [key]
    tracker.update([], AREA, 12, 11 / FPS)
    assert tracker.numbers == []


def test_recalled_number_stays_in_sight_and_has_no_vote() -> None:
    tracker = Tracker(SETTINGS)
    confirmed = []
    for i in range(30):
        recalled = {1} if i % 3 else set()
        confirmed += tracker.update([read_as("42", 400 + 3 * i, 300)], AREA, i + 1, i / FPS, recalled)
        (number,) = tracker.numbers
        assert number.reading.box.left == 400 + 3 * i
        assert number.reading.digits[1].box.left == 430 + 3 * i
    assert [(c.reading.text, c.frame, c.n_frames) for c in confirmed] == [("42", 16, 6)]
    assert tracker.list_unsettled() == []


def test_number_that_is_only_recalled_is_not_followed() -> None:
    tracker = Tracker(SETTINGS)
    for i in range(10):
        assert tracker.update(hold("42", 1)[0], AREA, i + 1, i / FPS, {1}) == []
        assert tracker.numbers == []


def test_unsettled_is_what_is_new_and_what_has_changed() -> None:
    tracker = Tracker(SETTINGS)
    for i, (reading,) in enumerate([*hold("42", 6), *hold("43", 1)]):
        tracker.update([reading], AREA, i + 1, i / FPS)
        assert tracker.list_unsettled() == ([reading.box] if i != 5 else [])


@pytest.mark.slow
def test_memory_stays_small() -> None:
    tracker = Tracker(SETTINGS)
    for i in range(2000):
        tracker.update([read_as(str(100 + i // 10), 400, 300 + 100 * (i // 10 % 3))], AREA, i + 1, i / 10)
    assert len(tracker._tracks) <= 8
    assert len(tracker._reported) <= 8


def test_fewer_frames_and_less_confidence_may_be_asked_for() -> None:
    assert list_texts(hold("42", 1), TrackSettings(confirm_frames=1)) == ["42"]
    assert list_texts(hold("42", 40, sure=0.6), TrackSettings(min_confidence=0.1)) == ["42"]
