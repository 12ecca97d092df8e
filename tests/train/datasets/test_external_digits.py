"""Other people's digits, brought into MNIST's frame."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from pipeline.errors import InputError
from train.datasets.external_digits import find_cell_digit, frame_digit, load_extra_sets, load_extras


def draw_cell(ink: int = 60, with_grid: bool = True) -> np.ndarray:
    """Draw a sudoku cell: paper with a shade, a 7 in the middle, the grid's dark lines at the rim."""
    cell = np.tile(np.linspace(150, 200, 64), (64, 1)).astype(np.uint8)
    cv2.polylines(cell, [np.array([[22, 18], [42, 18], [28, 48]])], False, ink, 4)
    if with_grid:
        cell[:3], cell[:, -2:] = 40, 40
    return cell


def write_sets(folder: Path) -> None:
    folder.mkdir()
    bar = np.zeros((32, 32), np.uint8)
    bar[4:28, 10:22] = 255
    labels = np.array([1, 8, 1, 8, 1], np.uint8)
    bars = np.stack([bar] * 5)
    np.savez(folder / "optdigits_orig_32x32.npz", X_tra=bars, y_tra=labels, X_tes=bars[:2], y_tes=labels[:2])
    np.savez(folder / "semeion.npz", X=bars[:, ::2, ::2], y=labels)
    cells = np.stack([draw_cell(), np.full((64, 64), 180, np.uint8)] * 5)
    handwritten = np.array([1, 1, 0, 1, 0, 1, -1, 1, 0, 1], np.int8)
    np.savez(folder / "sudoku_cells_64.npz", X=cells, y=np.full(10, 7, np.uint8), handwritten=handwritten)


def test_sets_are_split_and_framed(tmp_path: Path) -> None:
    write_sets(tmp_path / "extra")
    train, held_out = load_extras(tmp_path)
    # optdigits 5 + 2; semeion 4 + 1; of ten cells five hold a digit, of those two are handwritten or unsure
    assert len(train.labels) == 5 + 4 + 2
    assert len(held_out.labels) == 2 + 1
    assert set(train.labels) == {1, 7, 8}
    for image in train.images:
        rows, columns = np.nonzero(image > 60)
        assert max(np.ptp(rows), np.ptp(columns)) + 1 == pytest.approx(20, abs=1)


def test_sets_come_by_name_and_join_in_that_order(tmp_path: Path) -> None:
    write_sets(tmp_path / "extra")
    sets = load_extra_sets(tmp_path)
    assert [(name, len(train.labels), len(look.labels)) for name, (train, look) in sets.items()] == [
        ("optdigits", 5, 2),
        ("semeion", 4, 1),
        ("sudoku_cells", 2, 0),
    ]
    for part, joined in enumerate(load_extras(tmp_path)):
        np.testing.assert_array_equal(joined.images, np.concatenate([parts[part].images for parts in sets.values()]))
        np.testing.assert_array_equal(joined.labels, np.concatenate([parts[part].labels for parts in sets.values()]))


def test_set_that_is_not_there_is_left_out(tmp_path: Path) -> None:
    write_sets(tmp_path / "extra")
    (tmp_path / "extra" / "semeion.npz").unlink()
    assert list(load_extra_sets(tmp_path)) == ["optdigits", "sudoku_cells"]
    assert load_extra_sets(tmp_path / "extra") == load_extra_sets(None) == {}


def test_ones_that_were_stretched_are_narrowed(tmp_path: Path) -> None:
    write_sets(tmp_path / "extra")
    train, _ = load_extras(tmp_path)
    one, eight = train.images[0], train.images[1]
    assert (one > 127).sum() < 0.7 * (eight > 127).sum()


@pytest.mark.parametrize("name", ["nothing", "empty folder"])
def test_without_sets_both_parts_are_empty(tmp_path: Path, name: str) -> None:
    train, held_out = load_extras(None if name == "nothing" else tmp_path)
    assert len(train.labels) == len(held_out.labels) == 0
    assert train.images.shape == (0, 28, 28)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        pytest.param(b"", "cannot be unpacked", id="empty"),
        pytest.param(b"PK\x03\x04 torn", "cannot be unpacked", id="torn"),
        pytest.param(None, "holds no array 'X'", id="lacks an array"),
    ],
)
def test_damaged_set_is_one_clear_line(tmp_path: Path, content: bytes | None, message: str) -> None:
    (tmp_path / "extra").mkdir()
    path = tmp_path / "extra" / "semeion.npz"
    if content is None:
        np.savez(path, y=np.zeros(3))
    else:
        path.write_bytes(content)
    with pytest.raises(InputError, match=message):
        load_extras(tmp_path)
    with pytest.raises(InputError, match=message):
        load_extra_sets(tmp_path)


@pytest.mark.parametrize("with_grid", [False, True])
def test_cell_gives_the_digit_without_the_grid(with_grid: bool) -> None:
    mask = find_cell_digit(draw_cell(with_grid=with_grid))
    assert mask is not None
    left, top, width, height = cv2.boundingRect(mask)
    assert (left, top, left + width, top + height) == pytest.approx((20, 16, 44, 50), abs=2)


@pytest.mark.parametrize(
    "cell",
    [
        pytest.param(np.full((64, 64), 180, np.uint8), id="empty"),
        pytest.param(draw_cell(ink=178), id="too pale"),
        pytest.param(draw_cell()[:, ::-1] * 0 + 200, id="one gray"),
    ],
)
def test_cell_without_a_clear_digit_gives_nothing(cell: np.ndarray) -> None:
    assert find_cell_digit(np.ascontiguousarray(cell)) is None


@pytest.mark.parametrize(
    ("shape", "width_frac", "expected"),
    [
        pytest.param((40, 20), 1.0, (20, 10), id="tall"),
        pytest.param((10, 50), 1.0, (4, 20), id="wide"),
        pytest.param((40, 40), 0.5, (20, 10), id="narrowed"),
        pytest.param((1, 1), 1.0, (20, 20), id="one pixel"),
    ],
)
def test_frame_keeps_aspect_and_stands_in_the_middle(
    shape: tuple[int, int], width_frac: float, expected: tuple[int, int]
) -> None:
    image = frame_digit(np.full(shape, 255, np.uint8), width_frac)
    left, top, width, height = cv2.boundingRect(image)
    assert (height, width) == expected
    assert (left + width / 2, top + height / 2) == pytest.approx((14, 14), abs=0.5)
