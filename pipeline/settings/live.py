"""Settings of following numbers through a video."""

from __future__ import annotations

from dataclasses import dataclass

from pipeline.settings.knob import StageSettings, knob


@dataclass(frozen=True, slots=True)
class TrackSettings(StageSettings):
    """Numbers followed from frame to frame of a video."""

    frame_digits: float = knob(14.0, 1, 1e6, "digits", "read in one frame, so that it is in time; lines take turns")
    confirm_frames: int = knob(6, 1, 1000, "frames", "so many must say the same; a fifth of a second at 30 a second")
    min_confidence: float = knob(0.9, 0, 1, "probability", "less probable votes are not confirmed")
    window_frames: int = knob(15, 1, 1000, "frames", "vote together; more are slower to see a number change")
    independent_frames: float = knob(3.0, 0.1, 100, "frames", "many are worth no more: they share their mistakes")
    rejected_weight: float = knob(0.3, 0, 1, "votes", "a rejected reading counts so much")
    correction_ratio: float = knob(1.75, 1, 100, "times", "frames to replace a number by one that is almost the same")
    reach_heights: float = knob(1.0, 0, 20, "digit heights", "a number strays no farther between two frames")
    rim_heights: float = knob(1.0, 0, 10, "digit heights", "nearer to the rim, what moves may still be half outside")
    patience_s: float = knob(0.6, 0, 60, "seconds", "a number out of sight for longer is followed no more")
    memory_s: float = knob(3.0, 0, 3600, "seconds", "a number that comes back sooner is not reported again")
    lost_after_s: float = knob(120.0, 0, 1e6, "seconds", "a camera that has not come back by then is lost for good")
