"""Settings of layout: skew, turns, text lines, numbers."""

from __future__ import annotations

from dataclasses import dataclass

from pipeline.settings.knob import StageSettings, knob, switch


@dataclass(frozen=True, slots=True)
class OrientationSettings(StageSettings):
    """Pages on their side or head, and mirrored ones."""

    is_enabled: bool = switch(
        True, "a page read with doubt is also read turned and mirrored; --no-turn switches it off"
    )

    doubt_below: float = knob(0.97, 0, 1, "mean confidence", "a page of surer digits is not turned")
    least_gain: float = knob(
        4.0, 0, 100, "sure digits", "a turned or mirrored page must score this much more, and twice as much"
    )


@dataclass(frozen=True, slots=True)
class SkewSettings(StageSettings):
    """Measuring the skew of the writing and taking it out."""

    is_enabled: bool = switch(True, "a page whose writing or rulings run aslant is also read leveled")
    least_gain: float = knob(
        1.0, 0, 100, "sure digits", "the leveled page must score this much more, or it stays as it lies"
    )

    least_components: int = knob(4, 2, 50, "components", "shorter lines slant by chance")
    least_deg: float = knob(10.0, 0, 45, "degrees", "the network reads less skew than this as it is")
    least_ruled_deg: float = knob(1.0, 0, 45, "degrees", "rulings are found and taken out where they slope less")
    steepest_deg: float = knob(50.0, 0, 90, "degrees", "writing that runs steeper stands on its side")
    reach_sizes: float = knob(2.0, 0.5, 20, "components' sizes", "farther neighbors may be another line's")
    hough_side_px: int = knob(320, 64, 2000, "px", "long side at which long lines are looked for; bounds the work")
    least_dot_frac: float = knob(0.2, 0, 1, "of a shrunk pixel", "a thin line fills no more of the pixels it crosses")
    least_ruling_frac: float = knob(0.35, 0.05, 1, "of the long side", "shorter lines may be rows of digits")
    least_parallels: int = knob(3, 1, 50, "lines", "fewer parallel lines may be edges of things")


@dataclass(frozen=True, slots=True)
class TextLineSettings(StageSettings):
    """Components into lines and numbers."""

    reach_heights: float = knob(4.0, 0.5, 20, "heights", "farther than this is no neighbor")
    least_overlap_frac: float = knob(0.3, 0, 1, "of the smaller height", "neighbors in a line share this much height")
    steepest: float = knob(1.5, 0, 100, "down per across", "neighbors on a line do not stand one above the other")
    widest_cover_frac: float = knob(2.2, 0, 100, "of the height", "wider ink over or under a digit is no part of it")
    join_overlap_frac: float = knob(0.5, 0, 1, "of the smaller height", "chains of one line share this much height")
    least_height_px: int = knob(0, 0, 1000, "px", "lower lines are not looked at; live reading takes no time for them")


@dataclass(frozen=True, slots=True)
class NumberGroupSettings(StageSettings):
    """Digits of a line into numbers."""

    least_gap_frac: float = knob(0.35, 0, 5, "of the height", "gaps below this count as this: no number ends there")
    gap_ratio: float = knob(2.6, 1, 10, "times", "gaps on the mean so much wider than the others end numbers")
    tallest_sign_frac: float = knob(1.4, 0, 20, "of the height", "taller ink between digits is the wall of a box")
    least_link: float = knob(0.3, 0, 1, "probability", "digits linked less are of two numbers if ink stands between")
    sure_link: float = knob(0.99, 0, 1, "probability", "digits that it links more are of one number, whatever the gap")
    far_heights: float = knob(4.0, 0, 100, "heights", "white so wide is as ink between digits")
    least_wall_levels: float = knob(
        8.0, 0, 255, "gray levels", "a wall between digits is so much darker than the paper"
    )
    parted_rows_frac: float = knob(0.75, 0.05, 1, "of the rows", "ink between digits over so many parts them")
    sign_height_frac: float = knob(0.35, 0, 2, "of the height", "a skipped sign at least this tall ends a number")
