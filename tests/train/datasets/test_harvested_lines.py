"""Strips laid end to end: joined in order, there and back through a shard, refused where there are none."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from pipeline.errors import InputError
from train.datasets.harvested_lines import Lines, concatenate_lines, load_lines, name_arrays


def make_lines(*widths: int, level: int = 0) -> Lines:
    total = sum(widths)
    return Lines(np.full((32, total, 2), level, np.uint8), np.full(total // 2, 10, np.int8), np.array(widths))


def test_parts_are_joined_in_order() -> None:
    joined = concatenate_lines([make_lines(4, 6, level=1), make_lines(2, level=2)])
    assert joined.widths.tolist() == [4, 6, 2]
    assert joined.pixels[0, :, 0].tolist() == [1] * 10 + [2] * 2
    assert len(joined.columns) == 6


def test_no_parts_are_no_lines() -> None:
    empty = concatenate_lines([])
    assert (empty.pixels.shape, len(empty.columns), len(empty.widths)) == ((32, 0, 2), 0, 0)


def test_shards_of_a_part_come_back_in_order(tmp_path: Path) -> None:
    for name, level in (("train-0001", 2), ("train-0000", 1), ("validation-0000", 3)):
        np.savez(tmp_path / f"{name}.npz", **name_arrays(make_lines(2, level=level)))
    assert load_lines(tmp_path, "train").pixels[0, :, 0].tolist() == [1, 1, 2, 2]


@pytest.mark.parametrize(
    ("arrays", "told"),
    [(None, "holds no harvest with lines"), ({"images": np.zeros(1)}, "holds no lines")],
    ids=["empty folder", "shard without lines"],
)
def test_folder_without_lines_is_refused(tmp_path: Path, arrays: dict[str, np.ndarray] | None, told: str) -> None:
    if arrays is not None:
        np.savez(tmp_path / "train-0000.npz", **arrays)
    with pytest.raises(InputError, match=told):
        load_lines(tmp_path, "train")
