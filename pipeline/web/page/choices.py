"""What a user has chosen -> the plan that the pages are read by."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

from pipeline.batch.jobs import Plan
from pipeline.decoding.constraints.constraint import Constraint
from pipeline.errors import ConstraintError
from pipeline.forms.read_form import make_form_settings
from pipeline.forms.template import Template
from pipeline.web.parameters import ReadParameters

Writing = Literal["any", "hand", "printed"]


@dataclass(frozen=True, slots=True)
class Choices:
    """What may be chosen on the page.

    Attributes
    ----------
    model : a name of `Service.list_models`; "" for the one that the user has uploaded
    reject_below : confidence, 0 to 1
    is_turned : whether pages that seem to lie on their side are turned
    has_signs : whether signs are written into the text
    has_tables : whether tables are read into rows and columns
    writing : which numbers are read
    n_digits, range, pattern : what all numbers are known to be, as on the command line; "" for nothing
    password : of encrypted PDFs; "" for none
    """

    model: str
    reject_below: float
    is_turned: bool = True
    has_signs: bool = False
    has_tables: bool = False
    writing: Writing = "any"
    n_digits: str = ""
    range: str = ""
    pattern: str = ""
    password: str = ""

    @classmethod
    def of(cls, plan: Plan) -> Choices:
        """Return what the server was started with."""
        s = plan.settings
        writing: Writing = "any"
        if s.detection.is_print_read != s.detection.is_hand_read:
            writing = "printed" if s.detection.is_print_read else "hand"
        return cls(plan.model, s.decode.reject_below, s.orientation.is_enabled, s.signs.is_enabled, writing=writing)

    def make_constraint(self) -> Constraint | None:
        """Return what all numbers are known to be; None for nothing.

        Raises
        ------
        ConstraintError
            If a part is malformed, or no number fits all of it.
        """
        given = {"n_digits": self.n_digits, "range": self.range, "pattern": self.pattern}
        parts = {name: text.strip() for name, text in given.items() if text.strip()}
        try:
            return Constraint.from_dict(parts) if parts else None
        except ConstraintError as error:
            hint = "" if error.hint == ConstraintError.hint else error.hint  # who is on a page has no docs/
            raise ConstraintError(f"at the side: {error.message}", hint) from error

    def make_plan(self, plan: Plan, template: Template | None = None) -> Plan:
        """Return the plan of the server with what the user has chosen.

        A form is read by its template alone: it says what its fields hold, and where.

        Raises
        ------
        ConstraintError
            As `make_constraint` does.
        """
        asked = ReadParameters(
            reject_below=self.reject_below,
            no_turn=not self.is_turned,
            writing=self.writing,
            signs=self.has_signs,
            pages=None,
            dpi=None,
        )
        plan = asked.change(plan, self.password or None)
        if template is not None:
            return replace(plan, template=template, settings=make_form_settings(plan.settings))
        return replace(plan, has_tables=self.has_tables, constraint=self.make_constraint())
