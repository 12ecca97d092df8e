"""What is known of a form: its blank pages, its fields, the sums that they make."""

from __future__ import annotations

from dataclasses import dataclass

from pipeline.decoding.constraints.constraint import Constraint
from pipeline.geometry import Box, expect
from pipeline.types import Page


@dataclass(frozen=True, slots=True)
class FormField:
    """A place on a form where one number is written.

    Attributes
    ----------
    name : unique within the form
    box : in px of the upright reference picture of its page
    page : of the form, from 1
    comb : number of equal boxes side by side, one digit to each; None for a plain field
    constraint : what is known of the number; None for nothing
    """

    name: str
    box: Box
    page: int = 1
    comb: int | None = None
    constraint: Constraint | None = None


@dataclass(frozen=True, slots=True)
class FormSum:
    """A sum on a form: field `total` holds the sum of the fields `of`."""

    total: str
    of: tuple[str, ...]

    @property
    def names(self) -> tuple[str, ...]:
        """The fields that add up, the total last."""
        return (*self.of, self.total)


@dataclass(frozen=True, slots=True, eq=False)
class Template:
    """A form.

    Attributes
    ----------
    name : for messages: the path of its file
    pages : the blank form, as loaded with the default settings
    fields : in the order of the results' columns
    sums : what must add up
    digest : 16 hex digits, a hash of all of it
    files : paths of the files that it was read from
    """

    name: str
    pages: tuple[Page, ...]
    fields: tuple[FormField, ...]
    sums: tuple[FormSum, ...] = ()
    digest: str = ""
    files: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        expect(len(self.pages) > 0, self, "at least one page", 0)
        names = [one.name for one in self.fields]
        expect(len(set(names)) == len(names), self, "fields of different names", names)
        expect(all(1 <= one.page <= len(self.pages) for one in self.fields), self, "fields on its pages", names)
        expect({n for s in self.sums for n in s.names} <= set(names), self, "sums of its fields", names)

    def list_fields(self, page: int) -> tuple[FormField, ...]:
        """Return the fields of one page, from 1."""
        return tuple(one for one in self.fields if one.page == page)
