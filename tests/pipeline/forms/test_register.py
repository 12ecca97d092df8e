from __future__ import annotations

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.errors import OtherFormError
from pipeline.forms.blank import find_features
from pipeline.forms.read_form import measure_turn
from pipeline.forms.register import register
from pipeline.forms.template import Template
from pipeline.types import Page
from tests.support.forms import draw_blank, fill_blank, make_form, photograph

CORNERS = np.array([(420, 150), (640, 150), (640, 320), (420, 420), (40, 60), (700, 490)], np.float64)
MOST_OFF_PX = 3.0


def measure_error(turn_deg: float, scale: float, tilt: float) -> float:
    """Return by how many px the form's points are missed at most."""
    picture, view = photograph(fill_blank("907", "5381", "46"), turn_deg, scale, tilt)
    found = register(Page(picture), make_form()).map_points(CORNERS)
    return float(np.hypot(*(found - cv2.perspectiveTransform(CORNERS[None], view)[0]).T).max())


@pytest.mark.slow
@settings(max_examples=8)
@given(st.floats(-180, 180), st.floats(0.8, 1.6), st.floats(0, 0.15))
def test_turned_and_tilted_form_maps_back(turn_deg: float, scale: float, tilt: float) -> None:
    assert measure_error(turn_deg, scale, tilt) <= MOST_OFF_PX


@pytest.mark.slow
@pytest.mark.parametrize("turn_deg", [0, 20, 180], ids=["level", "aslant", "upside down"])
def test_form_maps_back(turn_deg: float) -> None:
    assert measure_error(turn_deg, 1.0, 0.05) <= MOST_OFF_PX


@pytest.mark.slow
@pytest.mark.parametrize(("n_quarters", "turned_deg"), [(0, 0), (1, 270), (2, 180), (3, 90)])
def test_turn_is_told_counterclockwise(n_quarters: int, turned_deg: int) -> None:
    turned = np.ascontiguousarray(np.rot90(fill_blank("12"), n_quarters))
    assert measure_turn(register(Page(turned), make_form())) == turned_deg


@pytest.mark.slow
@pytest.mark.parametrize("name", ["another", "paper", "noise"])
def test_other_picture_is_refused(name: str) -> None:
    noise = np.random.default_rng(0).integers(0, 255, (300, 400)).astype(np.uint8)
    pictures = {"paper": np.full((300, 400), 220, np.uint8), "noise": noise, "another": draw_blank()[::-1].copy()}
    with pytest.raises(OtherFormError, match=r"does not show the form of visits\.toml"):
        register(Page(pictures[name]), make_form())


@pytest.mark.slow
def test_page_of_several_that_fits_is_told() -> None:
    other = draw_blank("Other")[:, ::-1].copy()
    both = Template("two.toml", (Page(other), Page(draw_blank())), ())
    assert register(Page(fill_blank("33")), both).page == 2
    assert register(Page(other.copy()), both).page == 1


@pytest.mark.slow
def test_outline_helps_where_features_fail(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pipeline.forms.register.match_features", lambda *_: None)
    assert measure_error(8, 1.2, 0.05) <= MOST_OFF_PX
    assert measure_error(188, 1.2, 0.0) <= MOST_OFF_PX


@pytest.mark.slow
def test_faint_features_help_where_strong_ones_and_outlines_fail(monkeypatch: pytest.MonkeyPatch) -> None:
    none = np.zeros((0, 2), np.float32), np.zeros((0, 128), np.float32)
    monkeypatch.setattr(
        "pipeline.forms.register.find_features",
        lambda darkness, is_faint=False: find_features(darkness, is_faint) if is_faint else none,
    )
    monkeypatch.setattr("pipeline.forms.register.list_outlines", lambda _: [])
    assert measure_error(8, 1.2, 0.05) <= MOST_OFF_PX


@pytest.mark.slow
def test_faint_features_are_more() -> None:
    pale = (235 - (235 - draw_blank()) * 0.1).astype(np.uint8)
    assert len(find_features(pale, is_faint=True)[0]) > 2 * len(find_features(pale)[0])
