"""Where the time of a page goes: seconds per stage."""

from __future__ import annotations

from time import perf_counter


class StageTimer:
    """Seconds spent per stage, stages that run twice added up.

    Parameters
    ----------
    decode_s : seconds already spent in decoding the page
    """

    def __init__(self, decode_s: float) -> None:
        self._spent = {"decode": decode_s}
        self._last = perf_counter()

    def lap(self, stage: str) -> None:
        """Book the time since the last lap to a stage."""
        now = perf_counter()
        self._spent[stage] = self._spent.get(stage, 0.0) + now - self._last
        self._last = now

    def seconds(self) -> dict[str, float]:
        """Return seconds per stage and their total."""
        return {**self._spent, "total": sum(self._spent.values())}
