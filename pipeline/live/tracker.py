"""Tracks numbers from frame to frame: confirmed when their majority is stable and confident, and reported once.

No clock and no picture is used: each frame comes with its time, so that the same readings give the same reports.
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
"""A number that moves farther between two frames may be entering or leaving the frame."""

_RETURN_SIZES = 2.0
"""A number that comes back while others stayed visible is searched within this many of its own sizes."""


@dataclass(frozen=True, slots=True, eq=False)
class TrackedNumber:
    """A visible number: its majority reading, and whether that is confirmed.

    `key` stays the same while it is tracked; `n_frames` counts the frames in which it was read.
    """

    key: int
    reading: Reading
    is_confirmed: bool
    n_frames: int


@dataclass(frozen=True, slots=True, eq=False)
class Confirmation:
    """A number that has just been confirmed, to be reported.

    Attributes
    ----------
    reading : the majority: text, confidence, digits; boxes in px of the frame
    time_s, frame : time and number of the frame
    n_frames : frames in which it was read so far
    replaces : the text that was confirmed for it before; None for a new number
    """

    reading: Reading
    time_s: float
    frame: int
    n_frames: int
    replaces: str | None = None


@dataclass(slots=True, eq=False)
class _ReportedNumber:
    """A number that was reported: its last box and time, and whether its position is still known.

    The position is lost when no number is left to estimate the shift of the camera from.
    """

    text: str
    box: Box
    last_s: float
    key: int
    has_position: bool = True


class Tracker:
    """Tracks the numbers of a video.

    Parameters
    ----------
    settings : of tracking
    """

    def __init__(self, settings: TrackSettings) -> None:
        self._settings = settings
        self._tracks: list[Track] = []
        self._reported: list[_ReportedNumber] = []
        self._n_keys = 0
        self._now_s = -np.inf

    def update(
        self, readings: Sequence[Reading], area: Box, frame: int, time_s: float, recalled: Collection[int] = ()
    ) -> list[Confirmation]:
        """Return the numbers that a frame confirms, in reading order.

        Parameters
        ----------
        readings : of the frame, boxes in px of the frame
        area : the part of the frame that was read
        frame, time_s : its number and time; later than those of the last one
        recalled : text lines that were not read again; their numbers are still there, but have no vote
        """
        self._now_s = time_s
        now = [reading for reading in readings if reading.digits]
        self._associate(now, area, time_s, recalled)
        self._drop_stale(time_s)
        return [found for track in self._list_visible() if (found := self._confirm(track, frame, time_s))]

    @property
    def numbers(self) -> list[TrackedNumber]:
        """The numbers that are visible in the latest frame, in reading order."""
        visible = [track for track in self._list_visible() if track.majority is not None]
        return [
            TrackedNumber(track.key, track.majority, track.majority.text == track.confirmed, track.n_frames)
            for track in visible
            if track.majority is not None
        ]

    def list_unsettled(self) -> list[Box]:
        """Return the boxes of the numbers that are not confirmed, or whose latest text is not the confirmed one."""
        return [track.box for track in self._tracks if track.text != track.confirmed]

    def _list_visible(self) -> list[Track]:
        return sorted(
            (track for track in self._tracks if track.last_s == self._now_s), key=lambda t: (t.box.top, t.box.left)
        )

    def _associate(self, now: Sequence[Reading], area: Box, time_s: float, recalled: Collection[int]) -> None:
        """Add each reading to its track, and begin new tracks."""
        shift = estimate_shift(_list_digits([track.latest for track in self._tracks]), _list_digits(now))
        for track in self._tracks:
            track.move(shift)
        for report in self._reported:
            report.box = move_box(report.box, *shift)
        wholes, now, tracks = list(now), self._join_fragments(now), list(self._tracks)
        associated = associate_places(
            _list_places([track.latest for track in tracks]), _list_places(now), self._settings.reach_heights
        )
        for i, j in associated.items():
            track, reading = tracks[i], now[j]
            if reading.line in recalled:
                track.recall(reading, time_s)
                continue
            (x, y), (to_x, to_y) = track.box.center, reading.box.center
            step_px = float(np.hypot(to_x - x + shift[0], to_y - y + shift[1]))
            self._absorb_fragments(track, reading)
            track.add(reading, time_s, self._is_possibly_cut(reading.box, area, step_px), reading in wholes)
        followed = [now[j] for j in associated.values()]
        for reading in now:
            if reading not in followed and reading.line not in recalled and not _is_within_wider(reading, now):
                self._n_keys += 1
                track = Track(self._n_keys, reading, self._settings)
                track.add(reading, time_s, self._is_possibly_cut(reading.box, area, np.inf))
                self._tracks.append(track)
        if not associated:  # the shift of the camera is unknown, so their positions are
            for report in self._reported:
                report.has_position = False

    def _join_fragments(self, now: Sequence[Reading]) -> list[Reading]:
        """Return the readings of a frame, with those joined that are fragments of one tracked number."""
        left = list(now)
        for track in self._tracks:
            fragments = [left[i] for i in find_fragments(track.place, _list_places(left))] if track.is_whole else []
            if fragments:
                left = [reading for reading in left if reading not in fragments] + [join_fragments(fragments)]
        return left

    def _absorb_fragments(self, track: Track, reading: Reading) -> None:
        """Drop the tracks of fragments of a number that is now read whole, unless one of them was confirmed."""
        fragments = [
            self._tracks[i] for i in find_fragments(Place(reading.box, reading.text), [t.place for t in self._tracks])
        ]
        if track in fragments and all(fragment.confirmed is None for fragment in fragments):
            self._tracks = [t for t in self._tracks if t is track or t not in fragments]
            track.reset_votes()

    def _is_possibly_cut(self, box: Box, area: Box, step_px: float) -> bool:
        """Return whether the number is entering or leaving the frame, so that it may be cut."""
        near = self._settings.rim_heights * box.height
        is_near = min(box.left - area.left, area.right - box.right) < near
        is_near |= min(box.top - area.top, area.bottom - box.bottom) <= 1
        return is_near and step_px > _MOVING_HEIGHTS * box.height

    def _drop_stale(self, time_s: float) -> None:
        self._tracks = [t for t in self._tracks if time_s - t.last_s <= self._settings.patience_s]
        self._reported = [report for report in self._reported if time_s - report.last_s <= self._settings.memory_s]

    def _confirm(self, track: Track, frame: int, time_s: float) -> Confirmation | None:
        """Return the report of a number that is now sure and was not reported before; keep it."""
        majority = track.majority
        if majority is None:
            return None
        known = self._find_report(track, majority)
        if majority.text == track.confirmed or (track.is_sure and known):
            track.confirmed = majority.text
            if known:
                known.box, known.last_s, known.key, known.has_position = track.box, time_s, track.key, True
            return None
        if not track.is_sure:
            return None
        replaces, track.confirmed = track.confirmed, majority.text
        self._reported.append(_ReportedNumber(majority.text, track.box, time_s, track.key))
        return Confirmation(majority, time_s, frame, track.n_frames, replaces)

    def _find_report(self, track: Track, majority: Reading) -> _ReportedNumber | None:
        """Return an earlier report of the same number, unless it is that of another visible track."""
        visible = {other.key for other in self._tracks if other.last_s == self._now_s and other is not track}
        for report in self._reported:
            if report.text == majority.text and report.key not in visible:
                (x, y), (at_x, at_y) = track.box.center, report.box.center
                reach = _RETURN_SIZES * max(report.box.width, report.box.height)
                if not report.has_position or np.hypot(x - at_x, y - at_y) <= reach:
                    return report
        return None


def _is_within_wider(reading: Reading, others: Sequence[Reading]) -> bool:
    """Return whether a number lies within a wider one, as a broken stroke of it does."""
    return any(other.box.width > reading.box.width and is_within(reading.box, other.box) for other in others)


def _list_places(readings: Sequence[Reading]) -> list[Place]:
    return [Place(reading.box, reading.text) for reading in readings]


def _list_digits(readings: Sequence[Reading]) -> list[Place]:
    """Return the places of single digits, which stay the same where numbers are merged and split."""
    return [Place(digit.box, digit.text) for reading in readings for digit in reading.digits]
