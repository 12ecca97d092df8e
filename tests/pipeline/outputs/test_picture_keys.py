from __future__ import annotations

from pipeline.outputs.picture_keys import name_box


def test_names_of_boxes_differ_where_boxes_do() -> None:
    assert name_box([1, 23, 4, 5]) != name_box([12, 3, 4, 5])
    assert name_box([1, 23, 4, 5]) == name_box((1, 23, 4, 5))
