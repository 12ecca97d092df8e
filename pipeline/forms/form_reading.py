"""What was read on a page of a form: its fields, and whether its sums add up."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from pipeline.geometry import Box
from pipeline.types import Digit, PageReading, Reading

FieldStatus = Literal["accepted", "rejected", "blank"]

_DECIMALS = 4


@dataclass(frozen=True, slots=True, eq=False)
class FieldReading:
    """A field as read.

    Attributes
    ----------
    name : of the field
    text : its digits, the best guess also where it was rejected; "" where nothing is written
    confidence : 0..1
    status : "accepted", "rejected", or "blank" where nothing is written
    reason : why it was rejected
    box : the field's, px of the upright original
    digits : of the text, with their boxes in px of the upright original
    candidates : the texts that it may hold and their probabilities, the most probable first
    proposal : the text by which its sums add up, where they do not as read
    is_only_doubtful : whether it was rejected for its confidence alone
    """

    name: str
    text: str
    confidence: float
    status: FieldStatus
    reason: str | None
    box: Box
    digits: tuple[Digit, ...] = ()
    candidates: tuple[tuple[str, float], ...] = ()
    proposal: str | None = None
    is_only_doubtful: bool = False

    def to_dict(self) -> dict[str, Any]:
        """Return the field as JSON has it."""
        facts = {"name": self.name, "text": self.text, "confidence": round(self.confidence, _DECIMALS)}
        return {
            **facts,
            "status": self.status,
            "reason": self.reason,
            "box": self.box.as_list(),
            "proposal": self.proposal,
        }

    def make_reading(self, line: int) -> Reading:
        """Return the field's number; only of one that is not blank."""
        status: Literal["accepted", "rejected"] = "accepted" if self.status == "accepted" else "rejected"
        box = Box.around([digit.box for digit in self.digits])
        return Reading(self.text, self.confidence, box, self.digits, status, self.reason, line, writing="hand")


@dataclass(frozen=True, slots=True)
class SumReading:
    """Whether a sum of the form adds up.

    Attributes
    ----------
    total : name of the field that should hold the sum
    status : "right", "wrong", or "unknown" where a field is not read
    reason : what does not add up, and what would
    """

    total: str
    status: Literal["right", "wrong", "unknown"]
    reason: str | None = None

    def to_dict(self) -> dict[str, Any]:
        """Return the sum as JSON has it."""
        return {"total": self.total, "status": self.status, "reason": self.reason}


@dataclass(frozen=True, slots=True, eq=False)
class FormReading:
    """A page of a form as read.

    Attributes
    ----------
    reading : its numbers, those of its fields in their order
    form : name of the template
    form_page : which page of the form it is, from 1
    found_frac : how much of the blank's print was found, 0..1
    fields : in the template's order
    sums : of this page
    """

    reading: PageReading
    form: str
    form_page: int
    found_frac: float
    fields: tuple[FieldReading, ...]
    sums: tuple[SumReading, ...] = ()

    @property
    def source(self) -> str:
        """Where it came from."""
        return self.reading.source

    @property
    def number(self) -> int:
        """Page within the source, from 1."""
        return self.reading.number

    def to_dict(self) -> dict[str, Any]:
        """Return the page as JSON has it, but for what concerns its file."""
        form = {"form_page": self.form_page, "form_found": round(self.found_frac, _DECIMALS)}
        fields = [field.to_dict() for field in self.fields]
        return {**self.reading.to_dict(), **form, "fields": fields, "sums": [one.to_dict() for one in self.sums]}
