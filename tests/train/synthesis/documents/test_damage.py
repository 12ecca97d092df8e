"""Damage: each kind changes the sheet within what paper reflects; a finger says what it hides."""

from __future__ import annotations

import numpy as np
import pytest

from train.synthesis.documents import damage
from train.synthesis.documents.damage import damage_sheet, put_finger, shine_through
from train.synthesis.photos.gray_paper import Gray


def make_sheet() -> Gray:
    return np.full((90, 120), 0.8, np.float32)


@pytest.mark.parametrize("at", range(7), ids=["label", "crease", "hair", "stain", "stamp", "stripes", "gutter"])
def test_each_kind_changes_the_sheet(at: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(damage, "_DAMAGE", ((1.0, damage._DAMAGE[at][1]),))
    changed = 0
    for seed in range(4):
        sheet = make_sheet()
        damage_sheet(sheet, 20, np.random.default_rng(seed))
        assert sheet.dtype == np.float32 and sheet.min() >= 0 and sheet.max() <= 0.8 * 1.15**3
        changed += bool((sheet != 0.8).any())
    assert changed >= 3, "a hair may lie beside the sheet"


def test_most_sheets_stay_as_they_are() -> None:
    n_whole = 0
    for seed in range(40):
        sheet = make_sheet()
        damage_sheet(sheet, 20, np.random.default_rng(seed))
        n_whole += bool((sheet == np.float32(0.8)).all())
    assert 15 <= n_whole <= 35


def test_finger_hides_what_lies_below_it() -> None:
    for seed in range(8):
        sheet = make_sheet()
        hidden = put_finger(sheet, np.random.default_rng(seed))
        assert hidden.shape == sheet.shape and hidden.dtype == bool
        assert 0.005 < hidden.mean() < 0.5
        assert hidden[[0, -1]].any() or hidden[:, [0, -1]].any(), "it comes in from the rim"
        assert sheet[hidden].max() < 0.7 and np.median(sheet[~hidden]) == np.float32(0.8)


def test_back_shines_through_mirrored_and_pale() -> None:
    back = np.zeros((90, 120), np.uint8)
    back[20:60, 30:34], back[56:60, 30:50] = 255, 255  # an L
    for seed in range(4):
        sheet = make_sheet()
        shine_through(sheet, back, np.random.default_rng(seed))
        assert sheet.dtype == np.float32 and 0.5 < sheet.min() < 0.77
        shown = np.float32(0.8) - sheet
        likeness = [
            float(np.fft.ifft2(np.fft.fft2(shown) * np.conj(np.fft.fft2(other.astype(np.float32)))).real.max())
            for other in (back[:, ::-1], back)
        ]
        assert likeness[0] > 1.05 * likeness[1]


def test_dark_label_has_bright_writing() -> None:
    for seed in range(6):
        sheet = make_sheet()
        sheet[::8] = 0.1
        before = sheet.copy()
        damage._darken_label(sheet, 20, np.random.default_rng(seed))
        is_changed = np.abs(sheet - before) > 0.05
        rows = np.flatnonzero(is_changed.any(axis=1))
        inked = rows[rows % 8 == 0]
        columns = np.flatnonzero(is_changed.any(axis=0))
        bare = np.setdiff1d(rows, inked)
        assert sheet[np.ix_(inked, columns)].min() > sheet[np.ix_(bare, columns)].max()
