"""Tables and their cells: what is checked, and what JSON has."""

from __future__ import annotations

from typing import Any

import pytest

from pipeline.geometry import Box
from pipeline.table import Cell, Table

CORNERS = ((10, 20), (110, 22), (108, 70), (8, 68))


def test_cell_by_eye() -> None:
    cell = Cell(2, 3, "47", "accepted", CORNERS, column_span=2)
    assert cell.box == Box(8, 20, 110, 70)
    assert cell.to_dict() == {
        **{"row": 2, "column": 3, "row_span": 1, "column_span": 2, "text": "47", "status": "accepted"},
        **{"box": [8, 20, 110, 70], "corners": [[10, 20], [110, 22], [108, 70], [8, 68]]},
    }


def test_table_by_eye() -> None:
    table = Table(1, 2, (Cell(1, 1, "", "empty", CORNERS), Cell(1, 2, "5", "rejected", CORNERS)), True)
    found = table.to_dict()
    assert (found["rows"], found["columns"], found["ruled"]) == (1, 2, True)
    assert [cell["status"] for cell in found["cells"]] == ["empty", "rejected"]


@pytest.mark.parametrize(
    "facts",
    [
        {"row": 0},
        {"column_span": 0},
        {"corners": CORNERS[:3]},
        {"text": "", "status": "accepted"},
        {"text": "5", "status": "empty"},
    ],
    ids=["row 0", "no span", "three corners", "accepted nothing", "empty with a text"],
)
def test_what_is_no_cell(facts: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="Cell: expected"):
        Cell(**{"row": 1, "column": 1, "text": "5", "status": "accepted", "corners": CORNERS, **facts})


def test_cell_beyond_its_table() -> None:
    with pytest.raises(ValueError, match="cells within 1 rows and 1 columns"):
        Table(1, 1, (Cell(1, 2, "", "empty", CORNERS),), True)
