"""What a setting is: a knob with its unit, range and reason, or a switch; and the class that checks them."""

from __future__ import annotations

from dataclasses import field, fields
from typing import Any

from pipeline.errors import SettingsError


def knob(default: Any, low: float, high: float, unit: str, reason: str) -> Any:
    """Return a field for a number in `low` to `high`, a whole one where the default is."""
    return field(default=default, metadata={"low": low, "high": high, "unit": unit, "reason": reason})


def switch(default: bool, reason: str) -> Any:
    """Return a field that is on or off."""
    return field(default=default, metadata={"low": False, "high": True, "unit": "on or off", "reason": reason})


class StageSettings:
    """Base of each stage's settings: checks the type and the range of every field on construction."""

    __slots__ = ()

    def __post_init__(self) -> None:
        for own in fields(self):  # type: ignore[arg-type]
            value, low, high = getattr(self, own.name), own.metadata["low"], own.metadata["high"]
            is_switch = isinstance(own.default, bool)
            wanted = (bool,) if is_switch else (int,) if isinstance(own.default, int) else (int, float)
            if isinstance(value, bool) != is_switch or not isinstance(value, wanted):
                kind = "true or false" if is_switch else "a whole number" if wanted == (int,) else "a number"
                raise SettingsError(f"{type(self).__name__}.{own.name}: expected {kind}, received {value!r}")
            if not low <= value <= high:
                raise SettingsError(f"{type(self).__name__}.{own.name}: expected {low} to {high}, received {value}")
