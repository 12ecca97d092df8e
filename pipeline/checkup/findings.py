"""One line of the check-up."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from pipeline.errors import DigitsError

Status = Literal["ok", "missing", "wrong"]


@dataclass(frozen=True, slots=True)
class Finding:
    """What was found of one thing.

    Attributes
    ----------
    status : "ok"; "missing", where reading works without it; or "wrong", where it does not
    text : what was found, and what to do about it
    exit_code : of the program because of it; 0 unless it is wrong
    """

    status: Status
    text: str
    exit_code: int = 0

    @classmethod
    def of(cls, error: DigitsError, what: str) -> Finding:
        """Return what an error says of a thing that reading needs."""
        return cls("wrong", f"{what}: {error}", error.exit_code)

    def __str__(self) -> str:
        return f"{self.status:8} {self.text}"
