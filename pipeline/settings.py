"""Every number that may be tuned: one frozen dataclass per stage, each field with its unit, range and reason.

`python -m pipeline.settings` prints them all as a TOML file to edit and pass with `--settings`.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

from pipeline.errors import SettingsError

if sys.version_info >= (3, 11):
    import tomllib
else:  # pragma: no cover
    import tomli as tomllib


def _knob(default: Any, low: float, high: float, unit: str, reason: str) -> Any:
    return field(default=default, metadata={"low": low, "high": high, "unit": unit, "reason": reason})


class _Checked:
    """Checks each knob of a stage's settings against its range."""

    __slots__ = ()

    def __post_init__(self) -> None:
        for knob in fields(self):  # type: ignore[arg-type]
            value, low, high = getattr(self, knob.name), knob.metadata["low"], knob.metadata["high"]
            wanted = (int,) if isinstance(knob.default, int) else (int, float)
            if isinstance(value, bool) or not isinstance(value, wanted):
                kind = "a whole number" if wanted == (int,) else "a number"
                raise SettingsError(f"{type(self).__name__}.{knob.name}: expected {kind}, received {value!r}")
            if not low <= value <= high:
                raise SettingsError(f"{type(self).__name__}.{knob.name}: expected {low} to {high}, received {value}")


@dataclass(frozen=True, slots=True)
class NormalizeSettings(_Checked):
    """Crop -> 28x28."""

    least_side_px: int = _knob(8, 1, 64, "px", "floor of the square's side, so that a dot stays a dot")
    thinnest_stroke_px: float = _knob(2.0, 0, 6, "px of 20", "a finer pen is widened to this; NIST's pens were 2-4 of 28")
    widest_stroke_px: float = _knob(4.5, 2, 20, "px of 20", "a broader marker is thinned to this")


@dataclass(frozen=True, slots=True)
class Settings:
    """All stages' settings; `Settings()` holds the defaults that the shipped figures were measured with."""

    normalize: NormalizeSettings = field(default_factory=NormalizeSettings)
