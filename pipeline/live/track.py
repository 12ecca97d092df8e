"""The track of one number through a video: its reading in each frame, and their majority."""

from __future__ import annotations

from collections import deque

import numpy as np

from pipeline.geometry import Box
from pipeline.live.association import Place, count_edits
from pipeline.live.voting import Vote, count_votes, make_vote, move_reading
from pipeline.settings.live import TrackSettings
from pipeline.types import Reading

_CHANGE_FRAMES = 3
"""If this many frames in a row agree on another text than the majority's, older votes are dropped."""

_AGREEMENT_FRAC, _SINGLE_DIGIT_FRAC = 0.5, 1.05
"""The mean confidence of the frames in the text must be this fraction of `min_confidence`, more for a single digit:
noise and letters are read as a digit in some frames, with changing confidence, and seldom as two digits."""

_WHOLE_FRAC = 1 / 3
"""A number that this fraction of the latest frames reads as one is one: two numbers are read as one less often than
one number is read in fragments."""

_LEAST_CHANGE = 2
"""Edit distance from which on a text is another number, not a misreading."""


class Track:
    """The track of one number.

    Attributes
    ----------
    key : of the track
    latest : the latest reading
    votes : of the latest frames, oldest first
    majority : of the votes; None before the first one
    confirmed : the text that was confirmed; None before
    n_frames : in which the number was read
    n_stable : votes in a row with the same majority
    last_s : time of the latest reading
    """

    def __init__(self, key: int, first: Reading, settings: TrackSettings) -> None:
        self.key, self._settings = key, settings
        self.latest = first
        self.votes: deque[Vote] = deque(maxlen=settings.window_frames)
        self.majority: Reading | None = None
        self.confirmed: str | None = None
        self.n_frames = self.n_stable = 0
        self.last_s = -np.inf

    def move(self, shift: tuple[float, float]) -> None:
        """Move the latest reading by the shift of the camera, px."""
        self.latest = move_reading(self.latest, *shift)

    @property
    def box(self) -> Box:
        """Where it is now, px of the frame."""
        return self.latest.box

    @property
    def text(self) -> str:
        """Text of the latest reading."""
        return self.latest.text

    @property
    def is_whole(self) -> bool:
        """Whether enough of the latest frames read it as one number, so that fragments are joined to it.

        For a number that has been reported one frame is enough.
        """
        n_whole = sum(vote.is_whole for vote in self.votes)
        is_reported = self.majority is not None and self.majority.text == self.confirmed
        return n_whole > 0 and (is_reported or n_whole >= _WHOLE_FRAC * len(self.votes))

    @property
    def place(self) -> Place:
        """Its box now, and the text of the majority, or of the latest reading before there is one."""
        return Place(self.box, self.majority.text if self.majority else self.text)

    def add(self, reading: Reading, time_s: float, is_possibly_cut: bool, is_whole: bool = True) -> None:
        """Add the reading of a frame; one that the edge of the frame may have cut is followed, but has no vote."""
        self.latest, self.last_s = reading, time_s
        self.n_frames += 1
        if is_possibly_cut:
            return
        self.votes.append(make_vote(reading, self._settings, is_whole))
        n_agreed = self._drop_outdated()
        before, self.majority = self.majority, count_votes(self.votes, self._settings)
        self.n_stable = self.n_stable + 1 if before is not None and before.text == self.majority.text else n_agreed

    def reset_votes(self) -> None:
        """Drop all votes: the number was a fragment of a larger one."""
        self.votes.clear()
        self.majority, self.n_stable = None, 0

    def recall(self, reading: Reading, time_s: float) -> None:
        """Note that the number is still there in a frame that did not read it again."""
        self.latest, self.last_s = reading, time_s
        if self.majority is not None:
            dx, dy = reading.box.left - self.majority.box.left, reading.box.top - self.majority.box.top
            self.majority = move_reading(self.majority, dx, dy)

    def _drop_outdated(self) -> int:
        """Drop the votes for the previous number if the last frames agree on another one.

        Returns the number of frames that agree on the majority from now on, 1 if nothing changes.
        """
        latest = [vote.reading for vote in self.votes if vote.is_whole][-_CHANGE_FRAMES:]
        texts = {reading.text for reading in latest if reading.status == "accepted"}
        if self.majority is None or len(latest) < _CHANGE_FRAMES or len(texts) != 1 or self.majority.text in texts:
            return 1
        if any(reading.status == "rejected" for reading in latest):
            return 1
        while len(self.votes) > _CHANGE_FRAMES:
            self.votes.popleft()
        return _CHANGE_FRAMES

    @property
    def is_sure(self) -> bool:
        """Whether the majority has been stable for long enough, is confident, and was read by enough frames."""
        if self.majority is None or self.majority.confidence < self._settings.min_confidence:
            return False
        text = self.majority.text
        least = self._settings.min_confidence * (_SINGLE_DIGIT_FRAC if len(text) == 1 else _AGREEMENT_FRAC)
        if self._measure_agreement(text) < min(1.0, least):
            return False
        n_needed: float = self._settings.confirm_frames
        if self.confirmed is not None and _is_misreading(text, self.confirmed):
            n_needed *= self._settings.correction_ratio if self._is_still_read(self.confirmed) else 1
        n_read = sum(vote.reading.text == text and vote.reading.status == "accepted" for vote in self.votes)
        return self.n_stable >= n_needed and n_read >= min(n_needed, self._settings.window_frames)

    def _is_still_read(self, text: str) -> bool:
        """Return whether a frame of the window read this text; True while the window is not full."""
        n_possible = self._settings.window_frames
        return len(self.votes) < n_possible or any(vote.reading.text == text for vote in self.votes)

    def _measure_agreement(self, text: str) -> float:
        """Return the mean confidence of the voting frames in a text, 0..1; a frame that read another one counts 0."""
        confidences = [vote.reading.confidence * (vote.reading.text == text) for vote in self.votes]
        return float(np.mean(confidences)) if confidences else 0.0


def _is_misreading(text: str, confirmed: str) -> bool:
    """Return whether a text is so similar to the confirmed one that it may be a misreading of it."""
    return count_edits(text, confirmed) < _LEAST_CHANGE or text in confirmed or confirmed in text
