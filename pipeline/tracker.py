"""Numbers followed from frame to frame: voted on, confirmed when the vote is stable and sure, and reported once.

Nothing here looks at a clock or a picture: frames come with their times, so that the same readings always give the same
reports.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from pipeline.knobs import TrackSettings
from pipeline.matching import Place, count_edits, estimate_shift, match_places
from pipeline.types import Box, Reading
from pipeline.votes import Ballot, cast_ballot, count_votes, move_box

_TURNING_FRAMES = 3
"""So many frames in a row that agree on another text than the vote's begin the vote anew."""

_MOVING_HEIGHTS = 0.15
"""What moves farther than this from one frame to the next may be on its way into the picture."""

_HOME_SIZES = 2.0
"""A number that comes back while others stayed in sight does so within this many of its own sizes."""

_SHARE, _LONE_SHARE = 0.5, 1.05
"""Of `min_confidence`, what the frames must agree on the mean: grain and letters pass for a digit in some frames, now
surely and now hardly; two digits side by side are seldom seen in them."""

_LEAST_CHANGE = 2
"""Edits by which a number's text must differ to be plainly another one."""


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


class _Track:
    """One number over the frames."""

    def __init__(self, key: int, first: Reading, settings: TrackSettings) -> None:
        self.key, self._settings = key, settings
        self.box, self.text = first.box, first.text
        self.ballots: deque[Ballot] = deque(maxlen=settings.window_frames)
        self.vote: Reading | None = None
        self.confirmed: str | None = None
        self.n_frames = self.n_stable = 0
        self.last_s = -np.inf

    def move(self, shift: tuple[float, float]) -> None:
        """Carry the number along with the picture."""
        self.box = move_box(self.box, *shift)

    def see(self, reading: Reading, time_s: float, may_be_cut: bool) -> None:
        """Take in what a frame shows; what may be cut by the rim is followed, and has no vote."""
        self.box, self.text, self.last_s = reading.box, reading.text, time_s
        self.n_frames += 1
        if may_be_cut:
            return
        self.ballots.append(cast_ballot(reading, self._settings))
        n_agreed = self._turn()
        before, self.vote = self.vote, count_votes(self.ballots, self._settings)
        self.n_stable = self.n_stable + 1 if before is not None and before.text == self.vote.text else n_agreed

    def _turn(self) -> int:
        """Drop the votes for what stood there before, where the last frames agree on something else.

        Returns the number of frames that agree on what is new.
        """
        latest = [ballot.reading for ballot in self.ballots][-_TURNING_FRAMES:]
        texts = {reading.text for reading in latest if reading.status == "accepted"}
        if self.vote is None or len(latest) < _TURNING_FRAMES or len(texts) != 1 or self.vote.text in texts:
            return 1
        if any(reading.status == "rejected" for reading in latest):
            return 1
        while len(self.ballots) > _TURNING_FRAMES:
            self.ballots.popleft()
        return _TURNING_FRAMES

    @property
    def is_sure(self) -> bool:
        """Whether the vote has been stable for long enough, is confident, and is what frames have read."""
        if self.vote is None or self.vote.confidence < self._settings.min_confidence:
            return False
        text = self.vote.text
        least = self._settings.min_confidence * (_LONE_SHARE if len(text) == 1 else _SHARE)
        if self._measure_agreement(text) < min(1.0, least):
            return False
        n_needed: float = self._settings.confirm_frames
        if self.confirmed is not None and _is_almost(text, self.confirmed):
            n_needed *= self._settings.correction_ratio
        n_said = sum(b.reading.text == text and b.reading.status == "accepted" for b in self.ballots)
        return self.n_stable >= n_needed and n_said >= min(n_needed, self._settings.window_frames)

    def _measure_agreement(self, text: str) -> float:
        """Return the mean confidence of the voting frames in `text`, 0..1; 0 of those that read something else."""
        said = [ballot.reading.confidence * (ballot.reading.text == text) for ballot in self.ballots]
        return float(np.mean(said)) if said else 0.0


class Tracker:
    """Follows the numbers of a video.

    Parameters
    ----------
    settings : how many frames, how sure, how long
    """

    def __init__(self, settings: TrackSettings) -> None:
        self._settings = settings
        self._tracks: list[_Track] = []
        self._reported: list[_Memory] = []
        self._n_keys = 0
        self._now_s = -np.inf

    def update(self, readings: Sequence[Reading], area: Box, frame: int, time_s: float) -> list[Confirmation]:
        """Return the numbers that this frame confirms, in reading order.

        Parameters
        ----------
        readings : what was read in it, boxes in px of the frame
        area : the part of the frame that was read
        frame, time_s : its number and time; later than the last one's
        """
        self._now_s = time_s
        now = [reading for reading in readings if reading.digits]
        self._follow(now, area, time_s)
        self._forget(time_s)
        return [found for track in self._list_seen() if (found := self._confirm(track, frame, time_s))]

    @property
    def numbers(self) -> list[TrackedNumber]:
        """What is in sight in the latest frame, in reading order."""
        seen = [track for track in self._list_seen() if track.vote is not None]
        return [
            TrackedNumber(track.key, track.vote, track.vote.text == track.confirmed, track.n_frames)
            for track in seen
            if track.vote is not None
        ]

    def _list_seen(self) -> list[_Track]:
        return sorted(
            (track for track in self._tracks if track.last_s == self._now_s), key=lambda t: (t.box.top, t.box.left)
        )

    def _follow(self, now: Sequence[Reading], area: Box, time_s: float) -> None:
        """Let every track see its reading, and begin new ones."""
        places = [Place(reading.box, reading.text) for reading in now]
        shift = estimate_shift([Place(t.box, t.text) for t in self._tracks], places)
        for track in self._tracks:
            track.move(shift)
        for memory in self._reported:
            memory.box = move_box(memory.box, *shift)
        known = [Place(track.box, track.text) for track in self._tracks]
        matched = match_places(known, places, self._settings.reach_heights)
        for i, j in matched.items():
            (x, y), (to_x, to_y) = self._tracks[i].box.center, now[j].box.center
            step_px = float(np.hypot(to_x - x + shift[0], to_y - y + shift[1]))
            self._tracks[i].see(now[j], time_s, self._may_be_cut(now[j].box, area, step_px))
        for j in sorted(set(range(len(now))) - set(matched.values())):
            self._n_keys += 1
            track = _Track(self._n_keys, now[j], self._settings)
            track.see(now[j], time_s, self._may_be_cut(now[j].box, area, np.inf))
            self._tracks.append(track)
        if not matched:  # nothing tells where in the picture the others have gone
            for memory in self._reported:
                memory.has_home = False

    def _may_be_cut(self, box: Box, area: Box, step_px: float) -> bool:
        """Return whether the number is on its way into, or out of, the picture."""
        near = self._settings.rim_heights * box.height
        is_near = min(box.left - area.left, area.right - box.right) < near
        is_near |= min(box.top - area.top, area.bottom - box.bottom) <= 1
        return is_near and step_px > _MOVING_HEIGHTS * box.height

    def _forget(self, time_s: float) -> None:
        self._tracks = [t for t in self._tracks if time_s - t.last_s <= self._settings.patience_s]
        self._reported = [m for m in self._reported if time_s - m.last_s <= self._settings.memory_s]

    def _confirm(self, track: _Track, frame: int, time_s: float) -> Confirmation | None:
        """Return the report of a number that is sure now and was not reported; remember where it is."""
        vote = track.vote
        if vote is None:
            return None
        own = self._find_memory(track, vote)
        if vote.text == track.confirmed or (track.is_sure and own):
            track.confirmed = vote.text
            if own:
                own.box, own.last_s, own.key, own.has_home = track.box, time_s, track.key, True
            return None
        if not track.is_sure:
            return None
        replaces, track.confirmed = track.confirmed, vote.text
        self._reported.append(_Memory(vote.text, track.box, time_s, track.key))
        return Confirmation(vote, time_s, frame, track.n_frames, replaces)

    def _find_memory(self, track: _Track, vote: Reading) -> _Memory | None:
        """Return the report of the same number, from before it was out of sight; another's that is in sight is not."""
        in_sight = {other.key for other in self._tracks if other.last_s == self._now_s and other is not track}
        for memory in self._reported:
            if memory.text == vote.text and memory.key not in in_sight:
                (x, y), (at_x, at_y) = track.box.center, memory.box.center
                reach = _HOME_SIZES * max(memory.box.width, memory.box.height)
                if not memory.has_home or np.hypot(x - at_x, y - at_y) <= reach:
                    return memory
        return None


def _is_almost(text: str, confirmed: str) -> bool:
    """Return whether a text differs so little from a confirmed one that it may be a misreading of it."""
    return count_edits(text, confirmed) < _LEAST_CHANGE or text in confirmed or confirmed in text
