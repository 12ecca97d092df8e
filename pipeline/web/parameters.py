"""The parameters of a request to read -> the plan that its pages are read by; they are named as the flags are."""

from __future__ import annotations

from dataclasses import fields, replace
from typing import Literal

from pydantic import BaseModel, Field

from pipeline.batch.jobs import Plan
from pipeline.batch.page_ranges import PageRanges
from pipeline.errors import SettingsError
from pipeline.settings.images import ImageSettings
from pipeline.web.request_errors import RequestError

_PAGES = r"^[1-9]\d*(-\d*)?(,[1-9]\d*(-\d*)?)*$"
"""The form of a list of pages, for the description; that a range ends after its start is checked later."""

_DPI = next(knob.metadata for knob in fields(ImageSettings) if knob.name == "dpi")


class ReadParameters(BaseModel):
    """What a request may ask for in its address; what it does not name is as the server was started with."""

    model_config = {"extra": "forbid"}

    reject_below: float | None = Field(
        None, ge=0, le=1, description="Reject numbers of lower confidence.", examples=[0.95]
    )
    no_turn: bool | None = Field(None, description="Do not turn pages that seem to lie on their side.")
    writing: Literal["any", "hand", "printed"] | None = Field(
        None, description="Numbers written by hand, printed ones, or any."
    )
    signs: bool | None = Field(None, description="Write signs into the text: 12/03/2024, 10:45, 12.50, -3, 98%.")
    pages: str | None = Field(
        None,
        description="Read only these pages of the file.",
        examples=["1-3,7,20-"],
        json_schema_extra={"pattern": _PAGES},
    )
    dpi: int | None = Field(
        None,
        description="Resolution at which PDF pages are rendered.",
        examples=[300],
        json_schema_extra={"minimum": _DPI["low"], "maximum": _DPI["high"]},
    )

    def choose_pages(self) -> PageRanges:
        """Return the pages that are asked for; raise RequestError if the list is wrong."""
        try:
            return PageRanges.parse(self.pages) if self.pages is not None else PageRanges()
        except ValueError as error:
            raise RequestError(f"pages: {error}") from error

    def change(self, plan: Plan, password: str | None) -> Plan:
        """Return the plan with the settings that are asked for; raise RequestError if a value is out of its range."""
        any_writing = None if self.writing is None else self.writing == "any"
        chosen = (
            ("decode", "reject_below", self.reject_below),
            ("orientation", "is_enabled", None if self.no_turn is None else not self.no_turn),
            ("signs", "is_enabled", self.signs),
            ("detection", "is_print_read", None if any_writing is None else any_writing or self.writing == "printed"),
            ("detection", "is_hand_read", None if any_writing is None else any_writing or self.writing == "hand"),
            ("images", "dpi", self.dpi),
        )
        settings = plan.settings
        try:
            for stage, knob, value in chosen:
                if value is not None:
                    settings = replace(settings, **{stage: replace(getattr(settings, stage), **{knob: value})})
        except SettingsError as error:
            raise RequestError(error.message.partition(".")[2]) from error  # ImageSettings.dpi: expected ...
        return replace(plan, settings=settings, password=password)
