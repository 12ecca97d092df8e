"""Every number that may be tuned: one frozen dataclass per stage, each field with its unit, range and reason."""

from __future__ import annotations

from dataclasses import field, fields
from typing import Any

from pipeline.errors import SettingsError


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
