"""How well forms are registered and their fields read: forms of ten kinds, filled by held-out writers, as photos."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import cv2
import numpy as np
from rich.console import Console
from rich.progress import track

from pipeline.errors import OtherFormError
from pipeline.forms.field_picture import cut_field
from pipeline.forms.form_reading import FieldReading, FormReading
from pipeline.forms.read_form import make_form_settings, read_form
from pipeline.forms.register import register
from pipeline.forms.template import Template
from pipeline.images.pictures import make_page
from pipeline.recognition.classify import Classifier, load_classifier
from pipeline.settings.tree import Settings
from pipeline.types import Page
from train.synthesis.forms.filled import FilledForm, make_template, synthesize_form
from train.synthesis.forms.kinds import KINDS
from train.synthesis.handwriting.writers import gather_writers


@dataclass(slots=True)
class FormCounts:
    """What became of the forms of one kind, or of all.

    Attributes
    ----------
    n_forms, n_registered : photos, and those in which the form was found
    n_mistaken : those in which a form of another kind was found
    n_fields, n_right : fields of registered forms, and those whose text is right, rejected or not
    n_accepted, n_wrong : those that were not rejected, and of them those whose text is wrong
    n_proposed : those read wrong whose proposal is right
    """

    n_forms: int = 0
    n_registered: int = 0
    n_mistaken: int = 0
    n_fields: int = 0
    n_right: int = 0
    n_accepted: int = 0
    n_wrong: int = 0
    n_proposed: int = 0

    def count(self, form: FormReading, truth: dict[str, str]) -> None:
        """Count the fields of a form that was registered."""
        self.n_registered += 1
        for own in form.fields:
            is_right = own.text == truth[own.name]
            self.n_fields += 1
            self.n_right += is_right
            self.n_accepted += own.status != "rejected"
            self.n_wrong += own.status != "rejected" and not is_right
            self.n_proposed += not is_right and own.proposal == truth[own.name]

    def add(self, other: FormCounts) -> None:
        """Add the counts of other forms."""
        for name in self.__dataclass_fields__:
            setattr(self, name, getattr(self, name) + getattr(other, name))

    def format_row(self, name: str) -> str:
        """Return the counts as a row of the table."""
        right, accepted = (n / max(1, self.n_fields) for n in (self.n_right, self.n_accepted))
        wrong = self.n_wrong / max(1, self.n_accepted)
        forms = f"{self.n_registered} of {self.n_forms}"
        shares = f"{100 * right:7.1f} % {100 * accepted:7.1f} % {100 * wrong:7.2f} %"
        return f"{name:14} {forms:>11} {self.n_fields:8} {shares} {self.n_proposed:9} {self.n_mistaken:9}"


HEAD = "kind            registered   fields     right  accepted     wrong  proposed  mistaken"
"""Names of the columns."""


@dataclass(slots=True, eq=False)
class _Bench:
    """What all forms are read with."""

    classifier: Classifier
    templates: dict[str, Template]
    misses: Path | None
    counts: dict[str, FormCounts] = field(default_factory=dict)


def score_forms(
    n_forms: int, seed: int, data_dir: Path | None, model: str, misses: Path | None, console: Console
) -> FormCounts:
    """Print what became of `n_forms` forms, as many of each kind; return the counts of all.

    Raises
    ------
    InputError : as for `gather_writers`
    """
    with console.status("reading the data"):
        pool = gather_writers(data_dir, 0, True)
    kinds = list(KINDS)
    bench = _Bench(load_classifier(model), {kind: make_template(kind) for kind in kinds}, misses)
    if misses:
        misses.mkdir(parents=True, exist_ok=True)
    for number in track(range(n_forms), description="forms", console=console, transient=True):
        kind = kinds[number % len(kinds)]
        other = kinds[(number + 1 + number // len(kinds) % (len(kinds) - 1)) % len(kinds)]
        _score_form(bench, kind, other, synthesize_form(kind, pool, seed, number), number)
    whole = FormCounts()
    console.print(HEAD, highlight=False, soft_wrap=True)
    for kind, counts in bench.counts.items():
        console.print(counts.format_row(kind), highlight=False, soft_wrap=True)
        whole.add(counts)
    console.print(whole.format_row("all"), highlight=False, soft_wrap=True)
    return whole


def _score_form(bench: _Bench, kind: str, other: str, filled: FilledForm, number: int) -> None:
    """Count one form, read with its own template, and tried with that of another kind."""
    counts = bench.counts.setdefault(kind, FormCounts())
    counts.n_forms += 1
    page = make_page(filled.photo, make_form_settings(Settings()).images, name=f"{kind}-{number}")
    try:
        register(page, bench.templates[other])
        counts.n_mistaken += 1
    except OtherFormError:
        pass
    try:
        form = read_form(page, bench.templates[kind], bench.classifier)
    except OtherFormError:
        if bench.misses:
            (bench.misses / f"{kind}-{number}.jpg").write_bytes(cv2.imencode(".jpg", filled.photo)[1].tobytes())
        return
    counts.count(form, dict(filled.truth))
    if bench.misses:
        wrong = [own for own in form.fields if own.text != filled.truth[own.name]]
        _draw_misses(bench.misses, page, bench.templates[kind], wrong, filled, number)


def _draw_misses(
    folder: Path, page: Page, template: Template, wrong: list[FieldReading], filled: FilledForm, number: int
) -> None:
    """Write pictures of fields that were read wrong, as seen and without print, what they hold in their names."""
    if not wrong:
        return
    registration = register(page, template)
    for own in wrong:
        place = next(one for one in template.fields if one.name == own.name)
        picture = cut_field(page, template.pages[registration.page - 1], registration, place)
        both = np.vstack([picture.seen, picture.page.gray])
        name = f"{template.name}-{number}-{own.name}-{filled.truth[own.name]}-read-{own.text}-{own.status}.png"
        (folder / name).write_bytes(cv2.imencode(".png", both)[1].tobytes())
