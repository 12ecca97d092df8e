"""The stages share what they find, and do no work twice."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from pipeline.layout.orientation import turn_page
from pipeline.reading.run_stages import StageRunner
from pipeline.reading.stage_timer import StageTimer
from pipeline.settings.tree import Settings
from pipeline.types import Page
from tests.support.drawing import make_reader, write_page
from tests.support.seen_digits import BlockNetwork, draw_block


def make_runner() -> StageRunner:
    return StageRunner(replace(make_reader(), page_network=BlockNetwork()), Settings(), StageTimer(0.0))


def draw_page(n_rulings: int) -> Page:
    gray = np.full((500, 700), 255, np.uint8)
    for left in (100, 200, 300):
        draw_block(gray, left, 150, 40, (0, 120))
    for at in range(n_rulings):
        gray[60 + 50 * at : 62 + 50 * at, 20:680] = 150
    return Page(gray)


@pytest.mark.parametrize("n_rulings", [0, 8])
def test_what_the_page_network_leaves_out_is_no_ruling(n_rulings: int) -> None:
    ink = make_runner().find_ink(draw_page(n_rulings))
    assert ink.has_rulings == (n_rulings > 0)


def test_a_turned_page_is_looked_at_once_at_the_scale_of_its_digits() -> None:
    runner, page = make_runner(), draw_page(0)
    seen = runner.detect(page)
    n_looks = len(runner.classifier.page_network.seen)
    turned = turn_page(page, 2)
    runner.look_at_scale_of(turned, seen)
    assert runner.detect(turned).cells_per_px == seen.cells_per_px
    assert len(runner.classifier.page_network.seen) == n_looks + 1


def test_a_page_without_digits_gives_no_scale() -> None:
    runner, bare = make_runner(), Page(np.full((90, 90), 200, np.uint8))
    runner.look_at_scale_of(turn_page(bare, 1), runner.detect(bare))
    assert len(runner.classifier.page_network.seen) == 3


def test_crops_of_an_earlier_look_are_not_classified_again() -> None:
    runner, n_run = make_runner(), []
    classify = runner.classifier.network

    def count(batch: np.ndarray) -> np.ndarray:
        n_run.append(len(batch))
        return classify(batch)

    runner.classifier = replace(runner.classifier, network=count)
    page = Page(write_page("4207"))
    ink = runner.find_ink(page)
    ink = replace(ink, components=runner.find_components(replace(ink, cleared=ink.ink)).components)
    first, second = runner.read_ink(ink), runner.read_ink(ink)
    assert np.array_equal(first.recognition.scores.probabilities, second.recognition.scores.probabilities)
    assert len(n_run) == 1 and n_run[0] > 0
