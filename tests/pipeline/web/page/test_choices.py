from __future__ import annotations

from dataclasses import replace

import pytest

from pipeline.batch.jobs import Plan
from pipeline.decoding.constraints.constraint import Constraint
from pipeline.errors import ConstraintError
from pipeline.forms.read_form import make_form_settings
from pipeline.forms.template import FormField, Template
from pipeline.settings.tree import Settings
from pipeline.types import Page
from pipeline.web.page.choices import Choices
from tests.support.forms import AGE, draw_blank

PLAN = Plan(keeps_page=True)


def test_nothing_chosen_is_as_the_server_was_started() -> None:
    settings = replace(Settings(), signs=replace(Settings().signs, is_enabled=True))
    plan = Plan(settings, "own.tflite", keeps_page=True)
    chosen = Choices.of(plan)
    assert chosen.model == "own.tflite"
    assert chosen.make_plan(plan) == plan


@pytest.mark.parametrize("writing", ["any", "hand", "printed"])
def test_writing_is_chosen(writing: str) -> None:
    plan = replace(Choices.of(PLAN), writing=writing).make_plan(PLAN)
    detection = plan.settings.detection
    assert (detection.is_hand_read, detection.is_print_read) == (writing != "printed", writing != "hand")
    assert Choices.of(plan).writing == writing


def test_each_choice_is_in_the_plan() -> None:
    plan = Choices("digits", 0.5, False, True, True, "any", "2-4", "0:20", "", "secret").make_plan(PLAN)
    assert plan.settings.decode.reject_below == 0.5
    assert not plan.settings.orientation.is_enabled
    assert plan.settings.signs.is_enabled
    assert plan.has_tables and plan.keeps_page
    assert plan.constraint == Constraint(n_digits=(2, 4), range=(0, 20))
    assert plan.password == "secret"


@pytest.mark.parametrize(
    ("digits", "bounds", "pattern", "message"),
    [("x", "", "", "'x'"), ("", "5:1", "", "5"), ("1", "100:", "", "no number fits"), ("", "", "", None)],
)
def test_a_wrong_constraint_is_one_sentence(digits: str, bounds: str, pattern: str, message: str | None) -> None:
    chosen = replace(Choices.of(PLAN), n_digits=digits, range=bounds, pattern=pattern)
    if message is None:
        assert chosen.make_constraint() is None
        return
    with pytest.raises(ConstraintError, match=message) as caught:
        chosen.make_constraint()
    assert "\n" not in str(caught.value) and "docs/" not in str(caught.value)


def test_a_form_is_read_by_its_template_alone() -> None:
    template = Template("form.toml", (Page(draw_blank()),), (FormField("age", AGE),))
    chosen = replace(Choices.of(PLAN), n_digits="8", has_tables=True)
    plan = chosen.make_plan(PLAN, template)
    assert (plan.template, plan.constraint, plan.has_tables) == (template, None, False)
    assert plan.settings == make_form_settings(PLAN.settings)
