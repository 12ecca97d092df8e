"""One number over the frames: when its vote is sure, what may turn it, and what it keeps while it is not read."""

from __future__ import annotations

import pytest

from pipeline.live.track import Track
from pipeline.settings.live import TrackSettings
from tests.support.sightings import read_as

SETTINGS = TrackSettings(confirm_frames=4, window_frames=10)


def follow(*texts: str, sure: float = 0.99, confirmed: str | None = None) -> Track:
    track = Track(1, read_as(texts[0], sure=sure), SETTINGS)
    track.confirmed = confirmed
    for i, text in enumerate(texts):
        track.add(read_as(text, sure=sure), i / 30, is_possibly_cut=False)
    return track


@pytest.mark.parametrize(
    ("texts", "sure", "is_sure"),
    [
        (["42"] * 3, 0.99, False),
        (["42"] * 4, 0.99, True),
        (["42"] * 9, 0.5, False),
        (["42", "17"] * 4, 0.99, False),
    ],
    ids=["too few frames", "enough", "not confident", "frames disagree"],
)
def test_vote_is_sure_when_enough_confident_frames_agree(texts: list[str], sure: float, is_sure: bool) -> None:
    assert follow(*texts, sure=sure).is_sure is is_sure


def test_frames_that_agree_on_something_else_turn_the_vote() -> None:
    track = follow(*["42"] * 6, *["17"] * 6)
    assert track.majority is not None and track.majority.text == "17"


def test_what_may_be_cut_is_followed_and_has_no_vote() -> None:
    track = follow("42")
    track.add(read_as("4", left=150), 1.0, is_possibly_cut=True)
    assert (track.n_frames, len(track.votes), track.box.left, track.last_s) == (2, 1, 150, 1.0)


def test_number_that_is_not_read_anew_moves_with_its_vote() -> None:
    track = follow(*["42"] * 4)
    track.recall(read_as("42", left=120, top=90), 2.0)
    assert track.majority is not None
    assert (track.majority.box.left, track.majority.box.top, track.last_s) == (120, 90, 2.0)
    assert len(track.votes) == 4


def test_track_moves_with_the_picture() -> None:
    track = follow("42")
    track.move((7, -3))
    assert (track.box.left, track.box.top, track.text) == (107, 97, "42")


def test_votes_are_forgotten_for_a_larger_number() -> None:
    track = follow(*["42"] * 6)
    track.reset_votes()
    assert (track.majority, track.n_stable, track.is_sure, track.is_whole) == (None, 0, False, False)
