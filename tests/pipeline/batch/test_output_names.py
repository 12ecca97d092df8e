"""Names of what is made of each file: safe on every system, and no two alike."""

from __future__ import annotations

from pathlib import PurePosixPath

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.batch.output_names import TakenNames, clean_name, find_stem, make_stems, name_page


@pytest.mark.parametrize(
    ("names", "wanted"),
    [
        (["a.jpg"], ["a"]),
        (["a.jpg", "a.png", "b.png"], ["a.jpg", "a.png", "b"]),
        (["A.jpg", "a.png"], ["A.jpg", "a.png"]),
        (["a.jpg", "A.JPG"], ["a.jpg", "A.JPG-2"]),
        (["a.jpg", "a.png", "a.jpg.tif"], ["a.jpg", "a.png", "a.jpg.tif"]),
        (["a.png", "a.png", "a.png-2", "a.png"], ["a.png", "a.png-3", "a.png-2", "a.png-4"]),
        (["a.tif", "a.page3.tif", "a.page4", "b.PAGE1.page2"], ["a.tif", "a.page3.tif", "a.page4_", "b.PAGE1.page2_"]),
        (["é.png", "e\u0301.png"], ["é.png", "e\u0301.png-2"]),
        (["..", ".", "", "..png", " .png"], ["__", "_", "_-2", "..png", " .png"]),
        (["CON.png", "nul", "console.png"], ["_CON", "_nul", "console"]),
        (['a<>:"|?*\\b.png', "c\t\x7f. .png"], ["a________b", "c____"]),
    ],
)
def test_stems_by_eye(names: list[str], wanted: list[str]) -> None:
    assert make_stems([(name,) for name in names]) == wanted


def test_long_names_stay_two() -> None:
    one, two = make_stems([("é" * 150 + "1.png",), ("é" * 150 + "2.png",)])
    assert one != two
    assert one[:80] == two[:80] == "é" * 80
    assert clean_name("x" * 180) == "x" * 180
    assert len(clean_name("x" * 181)) == 180


def test_pages() -> None:
    assert [name_page("a", 1, 1), name_page("sub/a", 3, 12)] == ["a", "sub/a.page3"]


def test_stem_of_a_page() -> None:
    for stem, number, n_pages in (("a", 1, 1), ("sub/a", 3, 12), ("a.page3", 3, 1)):
        assert find_stem(name_page(stem, number, n_pages), number, n_pages) == stem


def test_stem_that_another_file_has_gets_a_number() -> None:
    names = TakenNames({"a/p.jpg": "p", "old/p.jpg": "P", "b/q.jpg": "q-2"})
    claims = [
        ("a/p.jpg", "a/p"),
        ("b/p.jpg", "p"),
        ("c/p.jpg", "P"),
        ("old/p.jpg", "p"),
        ("d/q.jpg", "q"),
        ("e/q.jpg", "q"),
    ]
    assert [names.claim(*claim) for claim in claims] == ["p", "p-2", "P-3", "p-4", "q", "q-3"]
    assert names.claim("b/p.jpg", "anything") == "p-2"


NAMES = st.one_of(
    st.text(max_size=12),
    st.text("aA.é 1-2", max_size=6),
    st.sampled_from(["a.jpg", "a.png", "A.JPG", "a.page1", "a.page1.png", "a.jpg-2", "..", ".", "nul.png", "ß", "SS"]),
)


def check(made: list[str]) -> None:
    """Demand of stems all that they promise."""
    assert len({stem.lower() for stem in made}) == len(made)
    pages = {name_page(stem, number, 12).lower() for stem in made for number in (1, 2, 12)}
    assert not pages & {stem.lower() for stem in made}
    for part in (part for stem in made for part in stem.split("/")):
        assert part.strip(". ") or set(part) & {"_"}
        assert not set(part) & set('<>:"|?*\\\0\n')
        assert part[-1] not in ". "
        assert len(part.encode()) <= 200
    assert not any(PurePosixPath(stem).is_absolute() or ".." in stem.split("/") for stem in made)


@given(st.lists(st.lists(NAMES, min_size=1, max_size=3).map(tuple), max_size=12))
def test_stems_are_unique_relative_and_safe(names: list[tuple[str, ...]]) -> None:
    made = make_stems(names)
    assert len(made) == len(names)
    check(made)
