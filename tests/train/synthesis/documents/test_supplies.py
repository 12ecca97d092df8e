"""Supplies: what is held out is nobody else's; what lacks is named in one line."""

from __future__ import annotations

import zipfile
from pathlib import Path

import pytest

from pipeline.errors import InputError
from tests.support.papers import make_pool, write_data_folder, write_omniglot
from train.synthesis.documents import supplies as supplies_room
from train.synthesis.documents.supplies import gather_supplies, load_letters


@pytest.fixture
def pool(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(supplies_room, "gather_writers", lambda data_dir, seed, is_held_out: make_pool())


def test_letters_are_sorted_by_person_and_alphabet(tmp_path: Path) -> None:
    write_omniglot(tmp_path / "images_a.zip", 2)
    write_omniglot(tmp_path / "images_b.zip", 8, "Greek", "xyz")
    alphabets, foreign = load_letters(tmp_path)
    assert [len(letters) for letters in alphabets] == [26, 26]
    assert len(foreign) == 2 * 3, "of other alphabets every fourth person"
    assert all(mask[0].any() and mask[:, 0].any() for mask in (*alphabets[0], *foreign)), "cut to the ink"


def test_person_who_lacks_a_letter_is_left_out(tmp_path: Path) -> None:
    write_omniglot(tmp_path / "images_a.zip", 2, letters="abc")
    assert load_letters(tmp_path) == ((), ())


def test_folder_without_archives_has_no_letters(tmp_path: Path) -> None:
    assert load_letters(tmp_path / "none") == ((), ())


@pytest.mark.parametrize("content", [b"", b"hello"], ids=["empty", "no archive"])
def test_damaged_archive(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "images_a.zip").write_bytes(content)
    with pytest.raises(InputError, match="images_a.zip: cannot be read"):
        load_letters(tmp_path)


@pytest.mark.parametrize("name", ["a/Latin/character01/0001_01.png", "a/Latin/character01/one.png"])
def test_archive_of_something_else(name: str, tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "images_a.zip", "w") as archive:
        archive.writestr(name, b"no picture")
    with pytest.raises(InputError, match="images_a.zip: cannot be read"):
        load_letters(tmp_path)


def test_held_out_fonts_and_people_are_nobody_elses(tmp_path: Path, pool: None) -> None:
    write_data_folder(tmp_path)
    usual, held_out = (gather_supplies(tmp_path, 1, is_held_out) for is_held_out in (False, True))
    assert len(usual.print_fonts) == len(usual.script_fonts) == 2
    assert len(held_out.print_fonts) == len(held_out.script_fonts) == 1
    assert not set(usual.print_fonts) & set(held_out.print_fonts)
    assert not set(usual.script_fonts) & set(held_out.script_fonts)
    assert len(usual.alphabets) == 2 and len(held_out.alphabets) == 3


@pytest.mark.parametrize(
    ("n_people", "n_fonts", "message"),
    [(5, 0, "fonts/print: expected two typefaces or more, received 0"), (3, 2, "omniglot: expected the letters of")],
    ids=["fonts", "letters"],
)
def test_what_lacks_is_named(n_people: int, n_fonts: int, message: str, tmp_path: Path, pool: None) -> None:
    write_data_folder(tmp_path, n_people, n_fonts)
    with pytest.raises(InputError, match=message):
        gather_supplies(tmp_path, 1, False)


def test_fonts_do_not_come_with_keras() -> None:
    with pytest.raises(InputError, match="no data folder"):
        gather_supplies(None, 1, False)
