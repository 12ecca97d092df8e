"""One number over the frames of a video: what was read of it in each, and what the vote over them says."""

from __future__ import annotations

from collections import deque

import numpy as np

from pipeline.geometry import Box
from pipeline.live.association import Place, count_edits
from pipeline.live.voting import Vote, count_votes, make_vote, move_reading
from pipeline.settings.live import TrackSettings
from pipeline.types import Reading

_TURNING_FRAMES = 3
"""So many frames in a row that agree on another text than the vote's begin the vote anew."""

_SHARE, _LONE_SHARE = 0.5, 1.05
"""Of `min_confidence`, what the frames must agree on the mean: grain and letters pass for a digit in some frames, now
surely and now hardly; two digits side by side are seldom seen in them."""

_WHOLE_SHARE = 1 / 3
"""A number that so many of the latest frames read as one is one: gaps between its digits get lost less often than a
gap is taken for a space."""

_LEAST_CHANGE = 2
"""Edits by which a number's text must differ to be plainly another one."""


class Track:
    """One number over the frames."""

    def __init__(self, key: int, first: Reading, settings: TrackSettings) -> None:
        self.key, self._settings = key, settings
        self.latest = first
        self.votes: deque[Vote] = deque(maxlen=settings.window_frames)
        self.majority: Reading | None = None
        self.confirmed: str | None = None
        self.n_frames = self.n_stable = 0
        self.last_s = -np.inf

    def move(self, shift: tuple[float, float]) -> None:
        """Carry the number along with the picture."""
        self.latest = move_reading(self.latest, *shift)

    @property
    def box(self) -> Box:
        """Where it is now, px of the frame."""
        return self.latest.box

    @property
    def text(self) -> str:
        """What it was read as the last time."""
        return self.latest.text

    @property
    def is_whole(self) -> bool:
        """Whether enough of the latest frames read it as one number for it to stay one where it is read in parts.

        What has been reported as one stays one while any of them does.
        """
        n_whole = sum(vote.is_whole for vote in self.votes)
        is_reported = self.majority is not None and self.majority.text == self.confirmed
        return n_whole > 0 and (is_reported or n_whole >= _WHOLE_SHARE * len(self.votes))

    @property
    def place(self) -> Place:
        """Where it is, and what it says as far as is known."""
        return Place(self.box, self.majority.text if self.majority else self.text)

    def see(self, reading: Reading, time_s: float, may_be_cut: bool, is_whole: bool = True) -> None:
        """Take in what a frame shows; what may be cut by the rim is followed, and has no vote."""
        self.latest, self.last_s = reading, time_s
        self.n_frames += 1
        if may_be_cut:
            return
        self.votes.append(make_vote(reading, self._settings, is_whole))
        n_agreed = self._turn()
        before, self.majority = self.majority, count_votes(self.votes, self._settings)
        self.n_stable = self.n_stable + 1 if before is not None and before.text == self.majority.text else n_agreed

    def reset_votes(self) -> None:
        """Forget all votes: the number was one part of a larger one."""
        self.votes.clear()
        self.majority, self.n_stable = None, 0

    def wait(self, reading: Reading, time_s: float) -> None:
        """Take in that the number is still there, in a frame that it was not read anew in."""
        self.latest, self.last_s = reading, time_s
        if self.majority is not None:
            dx, dy = reading.box.left - self.majority.box.left, reading.box.top - self.majority.box.top
            self.majority = move_reading(self.majority, dx, dy)

    def _turn(self) -> int:
        """Drop the votes for what stood there before, where the last frames agree on something else.

        Returns the number of frames that agree on what is new.
        """
        latest = [vote.reading for vote in self.votes if vote.is_whole][-_TURNING_FRAMES:]
        texts = {reading.text for reading in latest if reading.status == "accepted"}
        if self.majority is None or len(latest) < _TURNING_FRAMES or len(texts) != 1 or self.majority.text in texts:
            return 1
        if any(reading.status == "rejected" for reading in latest):
            return 1
        while len(self.votes) > _TURNING_FRAMES:
            self.votes.popleft()
        return _TURNING_FRAMES

    @property
    def is_sure(self) -> bool:
        """Whether the vote has been stable for long enough, is confident, and is what frames have read."""
        if self.majority is None or self.majority.confidence < self._settings.min_confidence:
            return False
        text = self.majority.text
        least = self._settings.min_confidence * (_LONE_SHARE if len(text) == 1 else _SHARE)
        if self._measure_agreement(text) < min(1.0, least):
            return False
        n_needed: float = self._settings.confirm_frames
        if self.confirmed is not None and _is_almost(text, self.confirmed):
            n_needed *= self._settings.correction_ratio if self._is_still_read(self.confirmed) else 1
        n_said = sum(b.reading.text == text and b.reading.status == "accepted" for b in self.votes)
        return self.n_stable >= n_needed and n_said >= min(n_needed, self._settings.window_frames)

    def _is_still_read(self, text: str) -> bool:
        """Return whether a frame of the window read this text; while that is not full, one is taken to have."""
        n_possible = self._settings.window_frames
        return len(self.votes) < n_possible or any(vote.reading.text == text for vote in self.votes)

    def _measure_agreement(self, text: str) -> float:
        """Return the mean confidence of the voting frames in `text`, 0..1; 0 of those that read something else."""
        said = [vote.reading.confidence * (vote.reading.text == text) for vote in self.votes]
        return float(np.mean(said)) if said else 0.0


def _is_almost(text: str, confirmed: str) -> bool:
    """Return whether a text differs so little from a confirmed one that it may be a misreading of it."""
    return count_edits(text, confirmed) < _LEAST_CHANGE or text in confirmed or confirmed in text
