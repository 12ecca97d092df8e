"""Settings of layout: skew, turns, text lines, numbers."""

from __future__ import annotations

from dataclasses import dataclass

from pipeline.settings.knob import _Checked, _knob


@dataclass(frozen=True, slots=True)
class TurnSettings(_Checked):
    """Pages on their side or head."""

    doubt_below: float = _knob(0.97, 0, 1, "mean confidence", "a page of surer digits is not turned; 0 turns none")
    least_gain: float = _knob(0.03, 0, 1, "mean confidence", "a turn must be surer by this")
    least_sureness: float = _knob(0.93, 0, 1, "mean confidence", "digits less sure do not tell which way is up")
    least_digits: int = _knob(4, 1, 1000, "digits", "fewer do not tell: a 6 is a 9, a 4 on its side a 7, by chance")


@dataclass(frozen=True, slots=True)
class SkewSettings(_Checked):
    """Measuring the skew of the writing and taking it out."""

    least_components: int = _knob(4, 2, 50, "components", "shorter lines slant by chance")
    least_deg: float = _knob(10.0, 0, 45, "degrees", "the network reads less skew than this as it is")
    least_ruled_deg: float = _knob(1.0, 0, 45, "degrees", "rulings are found and taken out where they slope less")
    steepest_deg: float = _knob(50.0, 0, 90, "degrees", "writing that runs steeper stands on its side")
    reach_sizes: float = _knob(2.0, 0.5, 20, "components' sizes", "farther neighbors may be another line's")
    hough_side_px: int = _knob(320, 64, 2000, "px", "long side at which long lines are looked for; bounds the work")
    least_dot_frac: float = _knob(0.2, 0, 1, "of a shrunk pixel", "a thin line fills no more of the pixels it crosses")
    least_ruling_frac: float = _knob(0.35, 0.05, 1, "of the long side", "shorter lines may be rows of digits")
    least_parallels: int = _knob(3, 1, 50, "lines", "fewer parallel lines may be edges of things")


@dataclass(frozen=True, slots=True)
class LineSettings(_Checked):
    """Components into lines and numbers."""

    reach_heights: float = _knob(4.0, 0.5, 20, "heights", "farther than this is no neighbor")
    least_overlap_frac: float = _knob(0.3, 0, 1, "of the smaller height", "neighbors in a line share this much height")
    steepest: float = _knob(1.5, 0, 100, "down per across", "neighbors on a line do not stand one above the other")
    widest_cover_frac: float = _knob(2.2, 0, 100, "of the height", "wider ink over or under a digit is no part of it")
    join_overlap_frac: float = _knob(0.5, 0, 1, "of the smaller height", "chains of one line share this much height")
    least_height_px: int = _knob(0, 0, 1000, "px", "lower lines are not looked at; live reading takes no time for them")


@dataclass(frozen=True, slots=True)
class NumberSettings(_Checked):
    """Digits of a line into numbers."""

    least_gap_frac: float = _knob(0.35, 0, 5, "of the height", "gaps below this count as this: no number ends there")
    gap_ratio: float = _knob(2.6, 1, 10, "times", "gaps on the mean so much wider than the others end numbers")
    tallest_sign_frac: float = _knob(1.4, 0, 20, "of the height", "taller ink between digits is the wall of a box")
    sign_height_frac: float = _knob(0.35, 0, 2, "of the height", "a skipped sign at least this tall ends a number")
