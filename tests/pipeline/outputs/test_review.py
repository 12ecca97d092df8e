from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from pipeline.errors import Failure, MissingInputError, OutputError
from pipeline.geometry import Box
from pipeline.outputs.records import make_record
from pipeline.outputs.review import COLUMNS, list_stems, read_table, write_crops, write_table
from pipeline.types import PageReading, Reading

BOX = Box(300, 200, 400, 230)


def make_reading(text: str = "47", box: Box = BOX, is_rejected: bool = True) -> Reading:
    return Reading(text, 0.5, box, (), *(("rejected", "unsure") if is_rejected else ("accepted", None)))


def make_page(*readings: Reading, file: str = "a.jpg", number: int = 1) -> PageReading:
    return PageReading(file, number, (800, 600), readings, "digits", {"total": 0.1})


def make_paper() -> np.ndarray:
    """Return white paper, 800 x 600 px, with a black block that just fills `BOX`."""
    bgr = np.full((600, 800, 3), 255, np.uint8)
    bgr[BOX.slices] = 0
    return bgr


def load(path: Path) -> np.ndarray:
    return cv2.imdecode(np.frombuffer(path.read_bytes(), np.uint8), cv2.IMREAD_GRAYSCALE)


def list_files(folder: Path) -> list[str]:
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())


def test_only_rejected_numbers_get_a_crop(tmp_path: Path) -> None:
    page = make_page(make_reading(is_rejected=False), make_reading(), make_reading(box=Box(10, 10, 40, 40)))
    names = write_crops(make_paper(), page, None, tmp_path, "in/a")
    assert [name.rpartition("-")[0] for name in names] == ["crops/in/a.2", "crops/in/a.3"]
    files = [*names, "pages/in/a.annotated.jpg"]
    assert list_files(tmp_path) == files
    assert write_crops(make_paper(), page, None, tmp_path, "in/a") == names
    assert list_files(tmp_path) == files


def test_crop_of_another_picture_takes_no_earlier_one_s_place(tmp_path: Path) -> None:
    page = make_page(make_reading())
    (first,) = write_crops(make_paper(), page, None, tmp_path, "a")
    before = (tmp_path / first).read_bytes()
    (second,) = write_crops(255 - make_paper(), page, None, tmp_path, "a")
    assert first != second
    assert (tmp_path / first).read_bytes() == before


@pytest.mark.parametrize("readings", [(), (make_reading(is_rejected=False),)], ids=["blank", "accepted"])
def test_nothing_to_look_at_writes_nothing(tmp_path: Path, readings: tuple[Reading, ...]) -> None:
    assert write_crops(make_paper(), make_page(*readings), None, tmp_path / "new", "a") == []
    assert not (tmp_path / "new").exists()


def test_crop_holds_the_number_with_paper_around_it(tmp_path: Path) -> None:
    (name,) = write_crops(make_paper(), make_page(make_reading()), None, tmp_path, "a")
    crop = load(tmp_path / name)
    assert crop.shape == (66 * 2, 136 * 2)  # 30 x 100 px, 18 on each side, doubled
    left, top, width, height = cv2.boundingRect((crop < 128).astype(np.uint8))
    assert (left, top, width, height) == pytest.approx((36, 36, 200, 60), abs=2)


def test_crop_is_found_through_the_map_to_the_original(tmp_path: Path) -> None:
    to_source = np.array([[4.0, 0, 1.5], [0, 4, 1.5], [0, 0, 1]])  # the picture is a quarter of the original
    page = make_page(make_reading(box=Box(1200, 800, 1600, 920)))
    (name,) = write_crops(make_paper(), page, to_source, tmp_path, "a")
    (plain,) = write_crops(make_paper(), make_page(make_reading()), None, tmp_path, "b")
    assert np.array_equal(load(tmp_path / name), load(tmp_path / plain))


@pytest.mark.parametrize(
    "box",
    [Box(0, 0, 1, 1), Box(799, 599, 800, 600), Box(0, 0, 800, 600), Box(900, 700, 950, 750), Box(-9, -9, -2, -2)],
    ids=["top left", "bottom right", "everything", "past the end", "before the start"],
)
def test_boxes_at_the_rim(tmp_path: Path, box: Box) -> None:
    (name,) = write_crops(make_paper(), make_page(make_reading(box=box)), None, tmp_path, "a")
    assert load(tmp_path / name).size > 0


@pytest.mark.parametrize("stem", ["../a", "in/../../a", "", "~/.."])
def test_stem_stays_in_the_folder(tmp_path: Path, stem: str) -> None:
    with pytest.raises(ValueError, match="stem"):
        write_crops(make_paper(), make_page(make_reading()), None, tmp_path / "review", stem)
    assert list_files(tmp_path) == []


def test_crops_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "crops").write_text("a file is in the way")
    with pytest.raises(OutputError, match="cannot be made"):
        write_crops(make_paper(), make_page(make_reading()), None, tmp_path, "a")
    (name,) = write_crops(make_paper(), make_page(make_reading()), None, tmp_path / "third", "a")
    (tmp_path / "other" / name).mkdir(parents=True)
    with pytest.raises(OutputError, match="cannot be written"):
        write_crops(make_paper(), make_page(make_reading()), None, tmp_path / "other", "a")


def name_crops(page: PageReading | Failure, checksum: str = "0123abcd") -> list[str]:
    if isinstance(page, Failure):
        return []
    stem = f"{Path(page.source).stem}.page{page.number}"
    rejected = [n for n, reading in enumerate(page.readings, 1) if reading.status == "rejected"]
    return [f"crops/{stem}.{n}-{checksum}.png" for n in rejected]


def write(folder: Path, *pages: PageReading | Failure, checksum: str = "0123abcd") -> int:
    return write_table(((make_record(page), name_crops(page, checksum)) for page in pages), folder)


def load_rows(folder: Path) -> list[dict[str, str]]:
    with (folder / "review.csv").open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def fill_in(folder: Path, **values: str) -> None:
    """Write right values into the rows of the numbers "n<text>"."""
    rows = load_rows(folder)
    for row in rows:
        row["right_value"] = values.get(f"n{row['number']}", row["right_value"])
    with (folder / "review.csv").open("w", encoding="utf-8-sig", newline="") as file:
        table = csv.DictWriter(file, COLUMNS)
        table.writeheader()
        table.writerows(rows)


FIRST = make_page(make_reading("05", is_rejected=False), make_reading("47"), make_reading("8", Box(1, 2, 3, 4)))
SECOND = make_page(make_reading("-1,5"), file="b.tif", number=3)
FAILED = Failure.of(MissingInputError("there is no such file"), "c.jpg")


def test_table_has_a_row_for_each_rejected_number(tmp_path: Path) -> None:
    assert write(tmp_path / "new", FIRST, FAILED, SECOND) == 3
    rows = load_rows(tmp_path / "new")
    assert [tuple(row.values()) for row in rows] == [
        ("crops/a.page1.2-0123abcd.png", "a.jpg", "1", "1", "47", "0.5", "unsure", "300", "200", "400", "230", ""),
        ("crops/a.page1.3-0123abcd.png", "a.jpg", "1", "1", "8", "0.5", "unsure", "1", "2", "3", "4", ""),
        ("crops/b.page3.1-0123abcd.png", "b.tif", "3", "1", "-1,5", "0.5", "unsure", "300", "200", "400", "230", ""),
    ]
    assert tuple(rows[0]) == COLUMNS
    assert (tmp_path / "new" / "review.csv").read_bytes().startswith(b"\xef\xbb\xbf")
    assert list_files(tmp_path) == ["new/review.csv"]


def test_table_names_the_crops_that_were_written(tmp_path: Path) -> None:
    names = write_crops(make_paper(), FIRST, None, tmp_path, "a.page1")
    write_table([(make_record(FIRST), names)], tmp_path)
    assert [row["crop"] for row in load_rows(tmp_path)] == names
    assert list_stems(tmp_path) == {"a.jpg": "a"}


def test_stem_belongs_to_the_path_that_the_table_spells_in_another_way(tmp_path: Path) -> None:
    page = make_page(make_reading(), file="=\x1b.jpg")
    write_table([(make_record(page), ["crops/=_.page1.1-0123abcd.png"])], tmp_path)
    assert list_stems(tmp_path) == {"./=\\x1b.jpg": "=_"}
    assert list_stems(tmp_path, ["a.jpg", "=\x1b.jpg"]) == {"=\x1b.jpg": "=_"}


def test_page_that_was_read_without_a_review_has_no_crops(tmp_path: Path) -> None:
    write_table([(make_record(FIRST), ())], tmp_path)
    assert [row["crop"] for row in load_rows(tmp_path)] == ["", ""]
    assert list_stems(tmp_path) == {}


def test_value_stays_with_the_crop_that_it_was_filled_in_for(tmp_path: Path) -> None:
    page = make_page(make_reading())
    write(tmp_path, page, checksum="11111111")
    fill_in(tmp_path, n47="41")
    assert write(tmp_path, page, checksum="22222222") == 1  # the same box of another photo with the same name
    rows = [(row["crop"], row["right_value"]) for row in load_rows(tmp_path)]
    old, new = "crops/a.page1.1-11111111.png", "crops/a.page1.1-22222222.png"
    assert rows == [(new, ""), (old, "41")]
    assert write(tmp_path, page, checksum="11111111") == 0
    assert [(row["crop"], row["right_value"]) for row in load_rows(tmp_path)] == [(old, "41")]


@pytest.mark.parametrize(("is_same", "n_open"), [(True, 0), (False, 1)])
def test_value_for_a_crop_without_a_checksum_is_kept_if_it_is_the_same_picture(
    tmp_path: Path, is_same: bool, n_open: int
) -> None:
    page = make_page(make_reading())
    (name,) = write_crops(make_paper(), page, None, tmp_path, "a")
    write_table([(make_record(page), ["crops/a.1.png"])], tmp_path)
    fill_in(tmp_path, n47="41")
    if is_same:
        (tmp_path / "crops" / "a.1.png").write_bytes((tmp_path / name).read_bytes())
    else:
        (tmp_path / "crops" / "a.1.png").write_bytes(b"another one's crop")
    assert write_table([(make_record(page), [name])], tmp_path) == n_open
    assert len(load_rows(tmp_path)) == 1 + n_open


def test_no_records_make_an_empty_table(tmp_path: Path) -> None:
    assert write(tmp_path) == 0
    assert load_rows(tmp_path) == []


def test_what_was_filled_in_is_kept(tmp_path: Path) -> None:
    write(tmp_path, FIRST, SECOND)
    fill_in(tmp_path, n47="41", n8="3")
    assert write(tmp_path, SECOND, make_page(make_reading("47"))) == 1
    rows = load_rows(tmp_path)
    assert [(row["number"], row["right_value"]) for row in rows] == [("-1,5", ""), ("47", "41"), ("8", "3")]
    assert write(tmp_path, FIRST, SECOND) == 1
    assert [row["right_value"] for row in load_rows(tmp_path)] == ["41", "3", ""]


def test_rows_of_numbers_that_are_gone_go_unless_filled_in(tmp_path: Path) -> None:
    write(tmp_path, FIRST)
    fill_in(tmp_path, n8="3")
    assert write(tmp_path, make_page()) == 0
    assert [row["number"] for row in load_rows(tmp_path)] == ["8"]


def test_a_page_given_twice_is_asked_about_once(tmp_path: Path) -> None:
    assert write(tmp_path, FIRST, FIRST) == 2
    assert len(load_rows(tmp_path)) == 2


@pytest.mark.parametrize(
    ("delimiter", "encoding"), [(",", "utf-8"), (";", "utf-8-sig"), (";", "cp1252"), ("\t", "utf-8")]
)
def test_table_that_a_spreadsheet_saved_again(tmp_path: Path, delimiter: str, encoding: str) -> None:
    page = make_page(make_reading(), file="Zähler, alt.jpg")
    write(tmp_path, page)
    rows = load_rows(tmp_path)
    rows[0]["right_value"] = " 41"
    with (tmp_path / "review.csv").open("w", encoding=encoding, newline="") as file:
        table = csv.DictWriter(file, COLUMNS, delimiter=delimiter)
        table.writeheader()
        table.writerows(rows)
    assert write(tmp_path, page) == 0
    assert load_rows(tmp_path)[0]["right_value"].strip() == "41"


@pytest.mark.parametrize(
    ("file", "written"),
    [
        ("=1+1.jpg", "./=1+1.jpg"),
        ("+a.jpg", "./+a.jpg"),
        ("-a.jpg", "./-a.jpg"),
        ("@a.jpg", "./@a.jpg"),
        ("\ta.jpg", "\\ta.jpg"),
        ("-", "-"),
        ("in/=a.jpg", "in/=a.jpg"),
        ("a\udcff.jpg", "a\\udcff.jpg"),
        ('a, "b"\n;\u2028.jpg', 'a, "b"\\n;\\u2028.jpg'),
        (" a.jpg", " a.jpg"),
    ],
)
def test_names_of_any_kind(tmp_path: Path, file: str, written: str) -> None:
    page = make_page(make_reading(), file=file)
    write_table([(make_record(page), ["crops/a.1-0123abcd.png"])], tmp_path)
    assert [row["file"] for row in load_rows(tmp_path)] == [written]
    fill_in(tmp_path, n47="41")
    assert write_table([(make_record(page), ["crops/a.1-0123abcd.png"])], tmp_path) == 0
    assert len(load_rows(tmp_path)) == 1


def test_table_that_is_none_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "review.csv"
    for text in ("my notes\n", "crop,file\na,b\n", ""):
        path.write_text(text)
        with pytest.raises(OutputError, match="no table of an earlier review"):
            write(tmp_path, FIRST)
        assert path.read_text() == text


def test_table_that_is_damaged_is_left_alone(tmp_path: Path) -> None:
    write(tmp_path, FIRST)
    path = tmp_path / "review.csv"
    path.write_text(path.read_text(encoding="utf-8") + '"' + "x" * 200_000, encoding="utf-8")
    with pytest.raises(OutputError, match="damaged"):
        write(tmp_path, FIRST)


def test_table_that_cannot_be_read(tmp_path: Path) -> None:
    (tmp_path / "review.csv").mkdir()
    with pytest.raises(OutputError, match="cannot be read"):
        read_table(tmp_path / "review.csv")
    assert read_table(tmp_path / "none.csv") == {}


def test_table_stays_when_the_run_breaks_off(tmp_path: Path) -> None:
    write(tmp_path, FIRST)
    before = (tmp_path / "review.csv").read_bytes()

    def break_off() -> Any:
        yield make_record(SECOND), name_crops(SECOND)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write_table(break_off(), tmp_path)
    assert (tmp_path / "review.csv").read_bytes() == before
    assert list_files(tmp_path) == ["review.csv"]
