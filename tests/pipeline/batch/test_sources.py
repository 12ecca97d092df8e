from __future__ import annotations

import os
import sys
import tempfile
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import pipeline.batch.sources as inputs_room
from pipeline.batch.sources import Source, list_sources
from pipeline.errors import Failure, RemoteInputError
from pipeline.remote import buckets
from tests.pipeline.batch.test_output_names import check


def lay_out(folder: Path, *names: str) -> None:
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(b"")


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def describe(listed: list[Source | Failure]) -> list[tuple[str, str]]:
    """Return (path, stem) of each source, and (path, code) of each failure."""
    return [(s.path, s.stem) if isinstance(s, Source) else (s.source, s.code) for s in listed]


def stems(*inputs: str, **options: object) -> list[str]:
    return [text for _, text in describe(list_sources(inputs, **options))]  # type: ignore[arg-type]


def test_nothing() -> None:
    assert list_sources([]) == []


def test_folder_is_mirrored_hidden_and_own_pictures_left_out(here: Path) -> None:
    lay_out(here, "in/b.JPG", "in/a.png", "in/sub/c.tiff", "in/sub/deep/d.pdf", "in/notes.txt", "in/.e.png", "in/jpg")
    lay_out(here, "in/.git/f.png", "in/a.annotated.jpg", "in/out/g.png", "in/tags.json/h.heic")
    assert describe(list_sources(["./in"], [here / "in" / "out"])) == [
        ("./in/a.png", "a"),
        ("./in/b.JPG", "b"),
        ("./in/sub/c.tiff", "sub/c"),
        ("./in/sub/deep/d.pdf", "sub/deep/d"),
        ("./in/tags.json/h.heic", "tags.json/h"),
    ]


def test_inputs_keep_their_order(here: Path) -> None:
    lay_out(here, "in/b.png", "in/a.png")
    assert describe(list_sources(["z.x.png", "in/", "-", "none/", "-"])) == [
        ("z.x.png", "z.x"),
        ("in/a.png", "a"),
        ("in/b.png", "b"),
        ("-", "stdin"),
        ("none/", "none"),
    ]


def test_several_folders_go_under_their_names(here: Path) -> None:
    lay_out(here, "x/scans/a.png", "y/scans/a.png", "y/a.png", "scans-2/a.png")
    assert stems("x/scans", "y/scans/", "scans-2", "y/a.png") == ["scans/a", "scans-2/a", "scans-2-2/a", "a"]
    os.chdir(here / "x" / "scans")
    assert stems(".", "../../y/scans") == ["scans/a", "scans-2/a"]
    assert stems(".", str(here / "x" / "scans")) == ["a"]


def test_file_named_twice_is_read_once(here: Path) -> None:
    lay_out(here, "in/a.png", "in/b.png")
    (here / "link.png").symlink_to("in/a.png")
    assert describe(list_sources(["in/b.png", "in", "./in/../in/a.png", "link.png"])) == [
        ("in/b.png", "b"),
        ("in/a.png", "a"),
    ]


def test_links_are_followed_and_rings_end(here: Path) -> None:
    lay_out(here, "in/z/a.png", "far/b.png", "far/deep/c.png")
    (here / "in" / "far").symlink_to(here / "far")
    (here / "in" / "again").symlink_to("z")
    (here / "in" / "z" / "up").symlink_to("..")
    (here / "far" / "ring.png").symlink_to("ring.png")
    (here / "far" / "lost.png").symlink_to("nowhere")
    assert describe(list_sources(["in"])) == [
        ("in/far/b.png", "far/b"),
        ("in/far/deep/c.png", "far/deep/c"),
        ("in/far/lost.png", "far/lost"),
        ("in/far/ring.png", "far/ring"),
        ("in/z/a.png", "z/a"),
    ]


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs named pipes")
def test_pipe_in_a_folder_is_listed_so_that_it_becomes_a_record(here: Path) -> None:
    lay_out(here, "in/a.png")
    os.mkfifo(here / "in" / "b.png")
    os.mkfifo(here / "in" / "c.txt")
    assert stems("in") == ["a", "b"]


def test_list_of_files(here: Path) -> None:
    lay_out(here, "a.png", "in/b.png", "in/é c.png")
    lines = ["# today's", "", "a.png", "  ", "in", "@other.txt", "a.png", "-"]
    (here / "list.txt").write_bytes(b"\xef\xbb\xbf" + "\r\n".join(lines).encode() + b"\r\n\xff.png")
    assert describe(list_sources(["@list.txt"])) == [
        ("a.png", "a"),
        ("in/b.png", "b"),
        ("in/é c.png", "é c"),
        ("@other.txt", "@other"),
        ("-", "stdin"),
        ("\udcff.png", "_"),
    ]
    (here / "wide.txt").write_text("in/é c.png\n", encoding="utf-16")
    assert describe(list_sources(["@wide.txt"])) == [("in/é c.png", "é c")]


def test_lists_that_cannot_be_read(here: Path) -> None:
    (here / "blank.txt").write_text("\n# nothing\n")
    (here / "binary.txt").write_bytes(b"a.png\n\0\n")
    with (here / "large.txt").open("wb") as file:
        file.truncate(101 << 20)
    given = ["@none.txt", "@", "@a\0b", "@" + "x" * 5000, "@blank.txt", "@binary.txt", "@large.txt", "a.png"]
    codes = ["missing", "missing", *["unreadable"] * 2, "empty", *["unreadable"] * 2, "a"]
    assert describe(list_sources(given)) == list(zip(given, codes, strict=True))


@pytest.mark.parametrize(
    ("include", "exclude", "found"),
    [
        ((), (), ["a", "b", "sub/c", "sub/deep/d"]),
        (("*.jpg",), (), ["a", "sub/deep/d"]),
        (("SUB/*",), (), ["sub/c"]),
        (("sub/**",), (), ["sub/c", "sub/deep/d"]),
        (("./**/c.png", "b.*"), (), ["b", "sub/c"]),
        (("[ab].*",), ("*.PNG",), ["a"]),
        ((), ("deep",), ["a", "b", "sub/c"]),
        ((), ("sub/",), ["a", "b"]),
        ((), ("**/deep/*", "b.png"), ["a", "sub/c"]),
    ],
)
def test_patterns(here: Path, include: tuple[str, ...], exclude: tuple[str, ...], found: list[str]) -> None:
    lay_out(here, "in/a.JPG", "in/b.png", "in/sub/c.png", "in/sub/deep/d.jpg")
    assert stems("in", include=include, exclude=exclude) == found
    assert stems("in/b.png", include=["nothing"], exclude=["*"]) == ["b"]


def test_folder_in_which_nothing_is_left(here: Path) -> None:
    lay_out(here, "in/a.png", "in/sub/b.png", "none/notes.txt")
    for folder, options, message in (
        ("none", {}, "there is no picture"),
        ("none", {"include": ["*.png"]}, "there is no picture"),
        ("in", {"include": ["*.jpg"]}, "2 in it filtered out"),
        ("in", {"exclude": ["sub"], "include": ["sub/*"]}, "1 in it filtered out"),
        ("in", {"exclude": ["a.png", "sub"]}, "filtered out"),
    ):
        (failure,) = list_sources([folder], **options)  # type: ignore[arg-type]
        assert isinstance(failure, Failure)
        assert (failure.source, failure.number, failure.code) == (folder, None, "empty")
        assert message in failure.message
        assert failure.hint


def test_folder_that_cannot_be_listed_costs_only_itself(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    lay_out(here, "in/a.png", "in/shut/b.png", "in/sub/c.png")
    really = os.scandir

    def scandir(path: str) -> object:
        if path.endswith("shut"):
            raise PermissionError(13, "Permission denied")
        return really(path)

    monkeypatch.setattr(inputs_room.os, "scandir", scandir)
    assert describe(list_sources(["in"])) == [("in/a.png", "a"), ("in/sub/c.png", "sub/c"), ("in/shut", "unreadable")]
    assert describe(list_sources(["in/shut"])) == [("in/shut", "unreadable")]


def test_names_that_the_system_refuses_are_data() -> None:
    given = ["x" * 5000 + ".png", "a\0b.png", "é" * 200]
    listed = list_sources(given)
    assert [s.path for s in listed if isinstance(s, Source)] == given
    made = [s.stem for s in listed if isinstance(s, Source)]
    assert made[1] == "a_b"
    assert all(len(stem.encode()) <= 180 for stem in made)


def test_an_empty_name_is_shown_in_quotes() -> None:
    (listed,) = list_sources([""])
    assert isinstance(listed, Failure)
    assert (listed.source, listed.message) == ('""', "the name of this input is empty")


@pytest.mark.skipif(sys.platform in ("win32", "darwin"), reason="names there are text")
def test_names_that_are_no_utf8(here: Path) -> None:
    for name in (b"a\xff.png", b"a\xfe.png"):
        (here / os.fsdecode(name)).write_bytes(b"")
    assert describe(list_sources(["."])) == [("./a\udcfe.png", "a_.png"), ("./a\udcff.png", "a_.png-2")]


PARTS = st.sampled_from(["a", "b", "A", "a.page1", "c d", "é"])
FILES = st.tuples(st.lists(PARTS.map("{}.d".format), max_size=2), PARTS, st.sampled_from([".png", ".jpg", ".txt"]))


@given(st.sets(FILES.map(lambda f: "/".join((*f[0], f[1] + f[2]))), min_size=1, max_size=9), st.integers(0, 2))
def test_every_picture_of_a_tree_occurs_once(names: set[str], n_more: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        top = Path(folder)
        lay_out(top, *names)
        (top / "ring").symlink_to(top)
        wanted = sorted(str(top / name) for name in names if not name.endswith(".txt"))
        listed = list_sources([folder, *[str(top / "ring"), folder][:n_more]])
    found = [s for s in listed if isinstance(s, Source)]
    assert sorted(s.path for s in found) == wanted
    assert bool(wanted) == (len(found) == len(listed))
    check([s.stem for s in found])


def test_what_is_left_out_of_folders_is_counted(here: Path) -> None:
    lay_out(
        here, "in/a.png", "in/.b.png", "in/.git/c.png", "in/d.txt", "in/e.annotated.png", "in/f.gif", "in/drawn/g.png"
    )
    left_out = Counter({"hidden": 1})
    found = list_sources(["in"], [Path("in/drawn")], exclude=["*.gif"], left_out=left_out)
    assert describe(found) == [("in/a.png", "a")]
    assert left_out == {"hidden": 3, "of other types": 1, "made by this program": 2, "excluded": 1}


def test_folders_are_in_natural_order(here: Path) -> None:
    lay_out(here, "in/scan10.png", "in/scan2.png", "in/9/a.png", "in/10/a.png")
    assert [text for text, _ in describe(list_sources(["in"]))] == [
        *("in/9/a.png", "in/10/a.png", "in/scan2.png", "in/scan10.png")
    ]


def test_bucket_is_searched_as_a_folder_is(monkeypatch: pytest.MonkeyPatch) -> None:
    names = ("scan10.png", "scan2.png", "deep/a.tif", "deep/notes.txt", ".hidden/b.png", "old/c.png", "d.annotated.png")
    known = {f"s3://box/scans/{name}": (len(name), 7) for name in names}
    monkeypatch.setattr(buckets, "list_objects", lambda _: list(known.items()))
    left_out: Counter[str] = Counter()
    found = list_sources(["s3://box/scans/", "s3://box/one.png"], exclude=["old"], left_out=left_out)
    assert [(one.path, one.stem, one.known) for one in found if isinstance(one, Source)] == [
        ("s3://box/scans/deep/a.tif", "deep/a", (10, 7)),
        ("s3://box/scans/scan2.png", "scan2", (9, 7)),
        ("s3://box/scans/scan10.png", "scan10", (10, 7)),
        ("s3://box/one.png", "one", None),
    ]
    assert left_out == {"of other types": 1, "hidden": 1, "excluded": 1, "made by this program": 1}


def test_bucket_that_is_empty_or_cannot_be_listed_is_a_failure(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_: str) -> list[object]:
        raise RemoteInputError("access to this bucket is denied")

    monkeypatch.setattr(buckets, "list_objects", lambda _: [])
    assert "there is nothing at that address" in str(list_sources(["s3://box/"])[0])
    monkeypatch.setattr(buckets, "list_objects", refuse)
    assert "access to this bucket is denied" in str(list_sources(["s3://box/"])[0])


def test_web_address_is_a_file_named_by_its_path() -> None:
    found = list_sources(["https://host/scans/a.jpg?sign=1", "https://host/scans/a.jpg?sign=1", "https://host/b/a.jpg"])
    assert [one.stem for one in found if isinstance(one, Source)] == ["a.jpg", "a.jpg-2"]
