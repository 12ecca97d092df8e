"""The camera that README's picture of the live window is taken with."""

from __future__ import annotations

import numpy as np

from train.figures.live_figure import FPS, SIZE_PX, move_camera


def test_frames_are_of_one_size_and_sway() -> None:
    photo = np.random.default_rng(0).integers(0, 255, (300, 400, 3), np.uint8)
    frames = list(move_camera(photo, 3))
    assert [frame.number for frame in frames] == [1, 2, 3]
    assert [frame.time_s for frame in frames] == [0, 1 / FPS, 2 / FPS]
    assert {frame.bgr.shape for frame in frames} == {(SIZE_PX[1], SIZE_PX[0], 3)}
    assert not np.array_equal(frames[0].bgr, frames[1].bgr)
