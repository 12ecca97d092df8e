"""Motion of objects before a camera: paths between poses, a hand's sway, and jerks."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Pose = NDArray[np.float64]
"""float64 (6,): x and y px of its middle, natural logarithm of its scale, turn in degrees, tilt about both axes."""

Keys = tuple[tuple[float, float], ...]
"""Values at times: (s, value), in order."""

_N_WAVES = 4
_SLOWEST_HZ, _FASTEST_HZ = 0.25, 2.2
"""A hand that holds something still drifts slowly and trembles a little; what is faster than this is a jerk."""


@dataclass(frozen=True, slots=True, eq=False)
class Sway:
    """Band-limited noise in each part of a pose, which never exceeds `reach` (6,).

    `rates_hz` and `phases` are (waves, 6); slower waves are larger.
    """

    reach: Pose
    rates_hz: NDArray[np.float64]
    phases: NDArray[np.float64]

    def at(self, time_s: float) -> Pose:
        """Return how far from its rest it is."""
        share = 1 / self.rates_hz
        share = share / share.sum(axis=0)
        pose: Pose = self.reach * (share * np.sin(2 * np.pi * self.rates_hz * time_s + self.phases)).sum(axis=0)
        return pose


@dataclass(frozen=True, slots=True)
class Jerk:
    """A fast to and fro: when, for how long, how far at most, how fast, and which way (degrees, 0 right)."""

    start_s: float
    seconds: float
    reach_px: float
    rate_hz: float
    toward_deg: float

    def at(self, time_s: float) -> tuple[float, float]:
        """Return how far from its path it throws things, px (x, y)."""
        share = (time_s - self.start_s) / self.seconds
        if not 0 < share < 1:
            return 0.0, 0.0
        out = self.reach_px * np.sin(np.pi * share) ** 2 * np.sin(2 * np.pi * self.rate_hz * (time_s - self.start_s))
        angle = np.deg2rad(self.toward_deg)
        return float(out * np.cos(angle)), float(out * np.sin(angle))


@dataclass(frozen=True, slots=True, eq=False)
class Path:
    """Where a thing is at any time: eased from one pose to the next, (s, pose) in order, with the hand's sway."""

    poses: tuple[tuple[float, Pose], ...]
    sway: Sway
    jerks: tuple[Jerk, ...] = ()

    def at(self, time_s: float) -> Pose:
        """Return its pose."""
        times = [time for time, _ in self.poses]
        after = int(np.searchsorted(times, time_s))
        if after == 0 or after == len(times):
            pose = self.poses[min(after, len(times) - 1)][1].copy()
        else:
            (t0, p0), (t1, p1) = self.poses[after - 1 : after + 1]
            share = (time_s - t0) / (t1 - t0)
            pose = p0 + (p1 - p0) * share**2 * (3 - 2 * share)
        pose += self.sway.at(time_s)
        for jerk in self.jerks:
            pose[:2] += jerk.at(time_s)
        return pose

    def find_view(self, time_s: float, size_px: tuple[int, int]) -> NDArray[np.float64]:
        """Return the homography (3, 3) from px of a sheet of `size_px` (W, H) to px of the frame."""
        x, y, log_scale, turn_deg, tilt_x, tilt_y = self.at(time_s)
        angle, scale = np.deg2rad(turn_deg), np.exp(log_scale)
        cosine, sine = scale * np.cos(angle), scale * np.sin(angle)
        middle = np.array([[1, 0, -size_px[0] / 2], [0, 1, -size_px[1] / 2], [0, 0, 1]])
        turn = np.array([[cosine, sine, 0], [-sine, cosine, 0], [0, 0, 1]])
        tilt = np.array([[1, 0, 0], [0, 1, 0], [tilt_x, tilt_y, 1]])
        place = np.array([[1, 0, x], [0, 1, y], [0, 0, 1]])
        view: NDArray[np.float64] = place @ tilt @ turn @ middle
        return view

    def measure_step(self, time_s: float, exposure_s: float) -> tuple[float, float]:
        """Return how far it moves while the shutter is open, px (x, y)."""
        step = (self.at(time_s + exposure_s / 2) - self.at(time_s - exposure_s / 2))[:2]
        return float(step[0]), float(step[1])


def draw_sway(rng: np.random.Generator, reach_px: float, turn_deg: float = 0.0, scale: float = 0.0) -> Sway:
    """Return a hand's sway at random: so far to each side, so far around, so far to and fro as a share of its size."""
    reach = np.array([reach_px, 0.7 * reach_px, scale, turn_deg, 6e-4 * scale, 6e-4 * scale])
    rates = np.exp(rng.uniform(np.log(_SLOWEST_HZ), np.log(_FASTEST_HZ), (_N_WAVES, len(reach))))
    return Sway(reach, rates, rng.uniform(0, 2 * np.pi, (_N_WAVES, len(reach))))


def make_pose(x: float, y: float, scale: float = 1.0, turn_deg: float = 0.0) -> Pose:
    """Return a pose without tilt."""
    return np.array([x, y, np.log(scale), turn_deg, 0.0, 0.0])


def read_keys(keys: Keys, time_s: float) -> float:
    """Return the value at a time, on straight lines between the keys."""
    return float(np.interp(time_s, [time for time, _ in keys], [value for _, value in keys]))
