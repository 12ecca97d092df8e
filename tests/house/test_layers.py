"""The floors of the house: a room imports the rooms below it, never one beside or above it.

A room is a sub-package or a file beside the sub-packages. The floors are data: a new room is one word in its row.
"""

from __future__ import annotations

import ast
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path

import pytest

TOP = Path(__file__).resolve().parents[2]

PIPELINE = (
    "errors geometry regular_files robust_stats version",
    "page_scale region table",
    "types",
    "settings system remote",
    "images ink detection",
    "layout",
    "recognition",
    "decoding",
    "reading",
    "tables forms",
    "outputs",
    "batch live",
    "web cluster checkup",
    "flags",
    "cluster_flags form_flags live_flags service_flags",
    "arguments",
    "cli",
    "__init__ __main__",
)
"""The floors of pipeline/, from the ground up."""

TRAIN = (
    "scripts metrics",
    "augmentation",
    "datasets networks",
    "synthesis",
    "harvesting",
    "fitting",
    "evaluation",
    "figures tuning adaptation",
    "commands",
    "__init__ __main__",
)
"""The floors of train/, from the ground up; each may also import pipeline."""

SYNTHESIS = ("handwriting photos", "pages negatives samples", "documents forms videos")
"""The floors inside train/synthesis/."""

HOUSES = {"pipeline": PIPELINE, "train": TRAIN, "train.synthesis": SYNTHESIS}
PLANNED: set[str] = set()
"""Rooms that have a floor before they have a file."""


def list_modules(house: str) -> list[Path]:
    return sorted(TOP.joinpath(*house.split(".")).rglob("*.py"))


def find_room(name: str, house: str) -> str | None:
    """Return the room of a dotted name, such as "ink" of pipeline.ink.rulings; None for what lies in another house."""
    if name != house and not name.startswith(f"{house}."):
        return None
    return name[len(house) + 1 :].split(".")[0] or "__init__"


def name_module(path: Path) -> str:
    return ".".join(path.relative_to(TOP).with_suffix("").parts)


@cache
def find_imports(path: Path) -> list[str]:
    names = []
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert not node.level, f"{path}: a relative import hides the floor"
            names += [f"{node.module}.{alias.name}" for alias in node.names]
    return names


def number_floors(floors: Sequence[str]) -> dict[str, int]:
    return {room: floor for floor, rooms in enumerate(floors) for room in rooms.split()}


def find_climbs(imports: Mapping[str, Sequence[str]], house: str, floors: Sequence[str]) -> list[str]:
    """Return the imports, by the module that makes them, that do not go down to a lower floor."""
    floor_of = number_floors(floors)
    climbs = []
    for module, names in imports.items():
        room = find_room(module, house)
        for name in names:
            target = find_room(name, house)
            if room is None or target is None or target == room or target == "__init__":
                continue
            if target in floor_of and floor_of[target] >= floor_of.get(room, -1):
                climbs.append(f"{module} imports {name}")
    return climbs


@pytest.mark.parametrize("house", HOUSES)
def test_imports_go_downward(house: str) -> None:
    imports = {name_module(path): find_imports(path) for path in list_modules(house)}
    assert imports
    assert not find_climbs(imports, house, HOUSES[house])


@pytest.mark.parametrize(
    ("module", "name", "n_climbs"),
    [
        ("pipeline.ink.rulings", "pipeline.geometry.Box", 0),
        ("pipeline.ink.rulings", "pipeline.ink.labels.label_ink", 0),
        ("pipeline.ink.rulings", "pipeline.layout.skew.deskew", 1),
        ("pipeline.ink.rulings", "pipeline.images.load.load_page", 1),
        ("pipeline.batch.run", "pipeline.live.session.watch", 1),
        ("pipeline.live.session", "pipeline.batch.run.run", 1),
        ("pipeline.ink.rulings", "cv2", 0),
    ],
    ids=["down", "own room", "up", "beside", "batch to live", "live to batch", "library"],
)
def test_climb_is_found(module: str, name: str, n_climbs: int) -> None:
    assert len(find_climbs({module: [name]}, "pipeline", PIPELINE)) == n_climbs


@pytest.mark.parametrize("house", HOUSES)
def test_every_room_has_a_floor(house: str) -> None:
    rooms = {find_room(name_module(path), house) for path in list_modules(house)}
    floors = set(number_floors(HOUSES[house])) | {"__init__"}
    assert rooms <= floors
    assert floors - rooms <= PLANNED | {"__init__", "__main__"}


def test_init_files_hold_a_docstring_alone() -> None:
    # So that cli.py can still say that OpenCV cannot be loaded: importing a room runs nothing.
    allowed = {
        TOP / "pipeline" / "__init__.py",
        TOP / "pipeline" / "settings" / "__init__.py",
        TOP / "train/__init__.py",
    }
    for path in [*TOP.glob("pipeline/**/__init__.py"), *TOP.glob("train/**/__init__.py")]:
        body = ast.parse(path.read_text(encoding="utf-8")).body
        assert ast.get_docstring(ast.Module(body, [])), path
        assert path in allowed or len(body) == 1, path
