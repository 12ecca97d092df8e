"""Second looks at a page: the score that decides between them, when each is tried, and which one wins."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from pipeline.geometry import Box
from pipeline.reading.hypotheses import AS_IT_LIES, LINE_HYPOTHESES, MIRRORED, PAGE_HYPOTHESES, measure_score
from pipeline.reading.read_page import analyze_page, make_page_reading, note_reading
from pipeline.recognition.classify import Classifier
from pipeline.settings.tree import Settings
from pipeline.types import Digit, Page, Reading
from tests.support.drawing import capture_stages, make_reader, write_page

ROWS = ("4207 1936", "58 0617")
PAGE = write_page(*ROWS, size_px=(460, 300))


def make_number(*confidences: float) -> Reading:
    box = Box(0, 0, 1, 1)
    return Reading("1" * len(confidences), 0.5, box, tuple(Digit("1", sure, box) for sure in confidences))


def test_score_by_hand() -> None:
    assert measure_score([], 0.6) == 0
    assert measure_score([make_number(1.0)], 0.6) == pytest.approx(1)
    assert measure_score([make_number(0.9, 0.8), make_number(0.4)], 0.6) == pytest.approx((0.3 + 0.2 - 0.2) / 0.4)


def rule(page: np.ndarray) -> np.ndarray:
    ruled = page.copy()
    ruled[20::72] = ruled[21::72] = 120
    return ruled


WON = {
    "sure as it lies": (lambda: PAGE, AS_IT_LIES, [AS_IT_LIES]),
    "ruled": (lambda: rule(PAGE), AS_IT_LIES, [AS_IT_LIES, "rulings kept"]),
    "aslant": (
        lambda: write_page(*ROWS, size_px=(560, 480), turn_deg=25),
        "leveled by",
        [AS_IT_LIES, "leveled by"],
    ),
    "blank": (lambda: np.full((90, 120), 255, np.uint8), AS_IT_LIES, [AS_IT_LIES, "black for white"]),
    "on its side": (
        lambda: np.rot90(PAGE).copy(),
        "turned by 270",
        [AS_IT_LIES, "turned by 90", "turned by 270"],
    ),
    "mirrored": (
        lambda: PAGE[:, ::-1].copy(),
        MIRRORED,
        [AS_IT_LIES, "turned by 90", "turned by 180", "turned by 270", MIRRORED],
    ),
}


@pytest.mark.parametrize(("draw", "winner", "least_tried"), WON.values(), ids=WON)
def test_hypothesis_that_wins(draw, winner: str, least_tried: list[str]) -> None:
    stages = capture_stages(draw())
    assert stages.hypothesis.startswith(winner)
    tried = [trial.hypothesis for trial in stages.trials]
    assert tried[0] == AS_IT_LIES and tried.count(stages.hypothesis) == 1
    assert all(any(name.startswith(wanted) for name in tried) for wanted in least_tried)


@pytest.mark.parametrize("n_quarters", [1, 3])
def test_nothing_is_tried_after_quarter_turns_that_leave_no_doubt(n_quarters: int) -> None:
    tried = [trial.hypothesis[:13] for trial in capture_stages(np.rot90(PAGE, n_quarters).copy()).trials]
    assert [name for name in tried if name.startswith(("turned", MIRRORED))] == ["turned by 90 ", "turned by 270"]


def test_turned_page_names_what_won_for_its_lines() -> None:
    page = write_page("4237 5836", "2749 65", size_px=(560, 480), turn_deg=24)
    stages = capture_stages(np.rot90(page).copy())
    assert stages.hypothesis.startswith("turned by 270 degrees, leveled by ")


def test_nothing_is_tried_where_all_is_switched_off() -> None:
    s = Settings()
    off = replace(
        s,
        illumination=replace(s.illumination, inverse=0),
        rulings=replace(s.rulings, is_kept_tried=False),
        skew=replace(s.skew, is_enabled=False),
        orientation=replace(s.orientation, is_enabled=False),
    )
    for gray in (rule(PAGE), np.rot90(PAGE).copy(), np.full((90, 120), 255, np.uint8)):
        assert [trial.hypothesis for trial in capture_stages(gray, off).trials] == [AS_IT_LIES]


def test_rulings_and_turns_are_tried_only_by_a_network_that_can_refuse() -> None:
    page = PAGE.copy()
    page[20::30] = 60
    tried = []
    for n_classes in (10, 11):
        doubtful = Classifier("even", n_classes, 1.0, "linear", lambda batch, k=n_classes: np.zeros((len(batch), k)))
        s = replace(Settings(), decode=replace(Settings().decode, skip_price=20.0))
        tried.append({trial.hypothesis.split(" by ")[0] for trial in analyze_page(Page(page), doubtful, s).trials})
    assert not tried[0] & {"rulings kept", "turned"}
    assert tried[1] >= {"rulings kept", "turned"}


def test_what_reads_nothing_sure_never_wins() -> None:
    stages = capture_stages(np.rot90(write_page("427", size_px=(300, 200))).copy())
    assert stages.hypothesis == AS_IT_LIES, "three digits are too few to turn a page for"


def test_names_of_hypotheses_differ() -> None:
    names = [hypothesis.name for hypothesis in (*LINE_HYPOTHESES, *PAGE_HYPOTHESES)]
    assert len({AS_IT_LIES, *names}) == len(names) + 1


def test_a_page_that_has_made_enough_work_is_read_no_other_way(monkeypatch: pytest.MonkeyPatch) -> None:
    upside_down = Page(np.ascontiguousarray(write_page("4758")[::-1, ::-1]))
    whole = analyze_page(upside_down, make_reader())
    assert len(whole.trials) > 1 and not whole.is_cut_short
    monkeypatch.setattr("pipeline.reading.run_stages._FREE_CROPS", 1)
    cut = analyze_page(upside_down, make_reader())
    assert len(cut.trials) == 1 and cut.is_cut_short
    assert "--roi" in note_reading(make_page_reading(cut, "digits"))
    assert note_reading(make_page_reading(whole, "digits")) is None
