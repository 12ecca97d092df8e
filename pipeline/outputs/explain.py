"""What tables and reports say of a number beside its text: why it was rejected, or that it is from a person."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def explain(number: Mapping[str, Any]) -> str | None:
    """Return the reason of a rejected number of a record, what a corrected one had been read as, or None."""
    if number.get("added"):
        return "added by a person"
    if (read := number.get("corrected_from")) is not None:
        return f"corrected by a person, read as {read}"
    reason: str | None = number["reason"]
    return reason
