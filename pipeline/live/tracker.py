"""Numbers followed from frame to frame: voted on, confirmed when the vote is stable and sure, and reported once.

Nothing here looks at a clock or a picture: frames come with their times, so that the same readings always give the same
reports.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np

from pipeline.geometry import Box, is_within, move_box
from pipeline.live.association import Place, associate_places, estimate_shift
from pipeline.live.fragments import find_fragments, join_fragments
from pipeline.live.track import Track
from pipeline.settings.live import TrackSettings
from pipeline.types import Reading

_MOVING_HEIGHTS = 0.15
"""What moves farther than this from one frame to the next may be on its way into the picture."""

_HOME_SIZES = 2.0
"""A number that comes back while others stayed in sight does so within this many of its own sizes."""


@dataclass(frozen=True, slots=True, eq=False)
class TrackedNumber:
    """A number in sight: what the vote says of it, and whether that is confirmed.

    `key` stays the same while it is followed; `n_frames` counts those that it was read in.
    """

    key: int
    reading: Reading
    is_confirmed: bool
    n_frames: int


@dataclass(frozen=True, slots=True, eq=False)
class Confirmation:
    """A number that has just been confirmed: to be reported.

    Attributes
    ----------
    reading : the vote: text, confidence, digits; boxes in px of the frame
    time_s, frame : when, and in which frame
    n_frames : in how many frames it was read up to then
    replaces : the text that was confirmed there before; None for a new number
    """

    reading: Reading
    time_s: float
    frame: int
    n_frames: int
    replaces: str | None = None


@dataclass(slots=True, eq=False)
class _Memory:
    """A number that was reported: where it was last, when, and whether others stayed in sight when it left."""

    text: str
    box: Box
    last_s: float
    key: int
    has_home: bool = True


class Tracker:
    """Follows the numbers of a video.

    Parameters
    ----------
    settings : how many frames, how sure, how long
    """

    def __init__(self, settings: TrackSettings) -> None:
        self._settings = settings
        self._tracks: list[Track] = []
        self._reported: list[_Memory] = []
        self._n_keys = 0
        self._now_s = -np.inf

    def update(
        self, readings: Sequence[Reading], area: Box, frame: int, time_s: float, recalled: Collection[int] = ()
    ) -> list[Confirmation]:
        """Return the numbers that this frame confirms, in reading order.

        Parameters
        ----------
        readings : what was read in it, boxes in px of the frame
        area : the part of the frame that was read
        frame, time_s : its number and time; later than the last one's
        recalled : text lines whose numbers were not read in it, but are taken to be there still; they have no vote
        """
        self._now_s = time_s
        now = [reading for reading in readings if reading.digits]
        self._follow(now, area, time_s, recalled)
        self._forget(time_s)
        return [found for track in self._list_seen() if (found := self._confirm(track, frame, time_s))]

    @property
    def numbers(self) -> list[TrackedNumber]:
        """What is in sight in the latest frame, in reading order."""
        seen = [track for track in self._list_seen() if track.majority is not None]
        return [
            TrackedNumber(track.key, track.majority, track.majority.text == track.confirmed, track.n_frames)
            for track in seen
            if track.majority is not None
        ]

    def list_unsettled(self) -> list[Box]:
        """Return where there is what has yet to be confirmed, or reads otherwise than what was."""
        return [track.box for track in self._tracks if track.text != track.confirmed]

    def _list_seen(self) -> list[Track]:
        return sorted(
            (track for track in self._tracks if track.last_s == self._now_s), key=lambda t: (t.box.top, t.box.left)
        )

    def _follow(self, now: Sequence[Reading], area: Box, time_s: float, recalled: Collection[int]) -> None:
        """Let every track see its reading, and begin new ones."""
        shift = estimate_shift(_list_digits([track.latest for track in self._tracks]), _list_digits(now))
        for track in self._tracks:
            track.move(shift)
        for memory in self._reported:
            memory.box = move_box(memory.box, *shift)
        wholes, now, tracks = list(now), self._join_fragments(now), list(self._tracks)
        matched = associate_places(
            _list_places([track.latest for track in tracks]), _list_places(now), self._settings.reach_heights
        )
        for i, j in matched.items():
            track, reading = tracks[i], now[j]
            if reading.line in recalled:
                track.wait(reading, time_s)
                continue
            (x, y), (to_x, to_y) = track.box.center, reading.box.center
            step_px = float(np.hypot(to_x - x + shift[0], to_y - y + shift[1]))
            self._absorb_fragments(track, reading)
            track.see(reading, time_s, self._may_be_cut(reading.box, area, step_px), reading in wholes)
        followed = [now[j] for j in matched.values()]
        for reading in now:
            if reading not in followed and reading.line not in recalled and not _is_within_wider(reading, now):
                self._n_keys += 1
                track = Track(self._n_keys, reading, self._settings)
                track.see(reading, time_s, self._may_be_cut(reading.box, area, np.inf))
                self._tracks.append(track)
        if not matched:  # nothing tells where in the picture the others have gone
            for memory in self._reported:
                memory.has_home = False

    def _join_fragments(self, now: Sequence[Reading]) -> list[Reading]:
        """Return the readings of a frame with those joined that are parts of one number that is followed."""
        left = list(now)
        for track in self._tracks:
            parts = [left[i] for i in find_fragments(track.place, _list_places(left))] if track.is_whole else []
            if parts:
                left = [reading for reading in left if reading not in parts] + [join_fragments(parts)]
        return left

    def _absorb_fragments(self, track: Track, reading: Reading) -> None:
        """Drop what was followed as parts of a number that is read whole now, unless one of them was confirmed."""
        parts = [
            self._tracks[i] for i in find_fragments(Place(reading.box, reading.text), [t.place for t in self._tracks])
        ]
        if track in parts and all(part.confirmed is None for part in parts):
            self._tracks = [t for t in self._tracks if t is track or t not in parts]
            track.reset_votes()

    def _may_be_cut(self, box: Box, area: Box, step_px: float) -> bool:
        """Return whether the number is on its way into, or out of, the picture."""
        near = self._settings.rim_heights * box.height
        is_near = min(box.left - area.left, area.right - box.right) < near
        is_near |= min(box.top - area.top, area.bottom - box.bottom) <= 1
        return is_near and step_px > _MOVING_HEIGHTS * box.height

    def _forget(self, time_s: float) -> None:
        self._tracks = [t for t in self._tracks if time_s - t.last_s <= self._settings.patience_s]
        self._reported = [m for m in self._reported if time_s - m.last_s <= self._settings.memory_s]

    def _confirm(self, track: Track, frame: int, time_s: float) -> Confirmation | None:
        """Return the report of a number that is sure now and was not reported; remember where it is."""
        majority = track.majority
        if majority is None:
            return None
        own = self._find_memory(track, majority)
        if majority.text == track.confirmed or (track.is_sure and own):
            track.confirmed = majority.text
            if own:
                own.box, own.last_s, own.key, own.has_home = track.box, time_s, track.key, True
            return None
        if not track.is_sure:
            return None
        replaces, track.confirmed = track.confirmed, majority.text
        self._reported.append(_Memory(majority.text, track.box, time_s, track.key))
        return Confirmation(majority, time_s, frame, track.n_frames, replaces)

    def _find_memory(self, track: Track, majority: Reading) -> _Memory | None:
        """Return the report of the same number, from before it was out of sight; another's that is in sight is not."""
        in_sight = {other.key for other in self._tracks if other.last_s == self._now_s and other is not track}
        for memory in self._reported:
            if memory.text == majority.text and memory.key not in in_sight:
                (x, y), (at_x, at_y) = track.box.center, memory.box.center
                reach = _HOME_SIZES * max(memory.box.width, memory.box.height)
                if not memory.has_home or np.hypot(x - at_x, y - at_y) <= reach:
                    return memory
        return None


def _is_within_wider(reading: Reading, others: Sequence[Reading]) -> bool:
    """Return whether a number lies within a wider one: a stroke of it that broke off."""
    return any(other.box.width > reading.box.width and is_within(reading.box, other.box) for other in others)


def _list_places(readings: Sequence[Reading]) -> list[Place]:
    return [Place(reading.box, reading.text) for reading in readings]


def _list_digits(readings: Sequence[Reading]) -> list[Place]:
    """Return the places of single digits: numbers are joined and parted from frame to frame, these stay."""
    return [Place(digit.box, digit.text) for reading in readings for digit in reading.digits]
