from __future__ import annotations

import io
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image

from pipeline import batch
from pipeline.batch import PageResult, Stems, find_pictures, list_inputs, read_input
from pipeline.classify import Classifier, load_classifier
from pipeline.errors import EmptyInputError, Failure
from pipeline.settings import Settings
from pipeline.types import Page

PNG = cv2.imencode(".png", np.full((40, 60), 255, np.uint8))[1].tobytes()


@pytest.fixture(scope="module")
def classifier() -> Classifier:
    return load_classifier()


def lay_out(folder: Path, *names: str) -> None:
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(PNG)


def test_pictures_are_found_in_folders_of_folders_sorted_without_hidden_ones(tmp_path: Path) -> None:
    lay_out(
        tmp_path, "b.JPG", "a.png", "sub/c.tiff", "sub/deep/d.webp", "notes.txt", ".hidden.png", ".git/e.png", "jpg"
    )
    found = [Path(path).relative_to(tmp_path).as_posix() for path in find_pictures(tmp_path)]
    assert found == ["a.png", "b.JPG", "sub/c.tiff", "sub/deep/d.webp"]


def test_folder_without_pictures(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("none here")
    with pytest.raises(EmptyInputError, match="no picture in this folder"):
        find_pictures(tmp_path)
    listed = list_inputs([str(tmp_path), "x.png"])
    assert isinstance(listed[0], Failure)
    assert (listed[0].source, listed[0].code, listed[1]) == (str(tmp_path), "empty", "x.png")


def test_inputs_keep_their_order_and_spelling(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    lay_out(tmp_path, "in/b.png", "in/a.png")
    monkeypatch.chdir(tmp_path)
    assert list_inputs([]) == []
    assert list_inputs(["z.png", "./in", "-"]) == ["z.png", "./in/a.png", "./in/b.png", "-"]


def test_stems_are_never_the_same() -> None:
    gray = np.zeros((8, 8), np.uint8)
    stems = Stems()
    pages = [("x/a.jpg", 1, 1), ("y/a.png", 1, 1), ("A.tif", 1, 1), ("b.tif", 1, 2), ("b.tif", 2, 2), ("-", 1, 1)]
    claimed = [stems.claim(Page(gray, source, number), n_pages) for source, number, n_pages in pages]
    assert claimed == ["a", "a-2", "A-3", "b.page1", "b.page2", "stdin"]


def read(given: str | Failure, classifier: Classifier, trace_dir: Path | None = None) -> list[PageResult | Failure]:
    return list(read_input(given, classifier, Settings(), Stems(), trace_dir))


def test_one_bad_page_leaves_the_others(classifier: Classifier, tmp_path: Path) -> None:
    path = tmp_path / "three.tif"
    pages = [np.full((side, 50), 255, np.uint8) for side in (40, 4, 60)]  # the second is too small
    first, *others = (Image.fromarray(page) for page in pages)
    first.save(path, save_all=True, append_images=others)
    one, two, three = read(str(path), classifier)
    assert isinstance(one, PageResult)
    assert isinstance(three, PageResult)
    assert (one.reading.number, three.reading.number, three.page.gray.shape) == (1, 3, (60, 50))
    assert two == Failure(str(path), 2, "size", two.message, two.hint)


def test_failures_are_data(classifier: Classifier, tmp_path: Path) -> None:
    earlier = Failure("folder", None, "empty", "no picture", "")
    assert read(earlier, classifier) == [earlier]
    (missing,) = read(str(tmp_path / "none.png"), classifier)
    assert isinstance(missing, Failure)
    assert (missing.source, missing.number, missing.code) == (str(tmp_path / "none.png"), None, "missing")


def test_stdin_is_a_picture(classifier: Classifier, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(PNG)))
    first, again = read("-", classifier)[0], read("-", classifier)[0]
    assert isinstance(first, PageResult)
    assert (first.reading.source, first.stem) == ("-", "stdin")
    assert isinstance(again, Failure)  # all of it was read the first time
    assert again.code == "empty"


def test_trace_gets_the_stem(classifier: Classifier, tmp_path: Path) -> None:
    lay_out(tmp_path, "a.png")
    read(str(tmp_path / "a.png"), classifier, tmp_path / "trace")
    assert all(path.name.startswith("a.") for path in (tmp_path / "trace").iterdir())
    assert len(list((tmp_path / "trace").iterdir())) >= 5


def test_decoders_stay_still(classifier: Classifier, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    noise = np.random.default_rng(0).integers(0, 256, (64, 64), np.uint8)
    jpeg = cv2.imencode(".jpg", noise)[1].tobytes()
    (tmp_path / "a.jpg").write_bytes(jpeg[:-400] + jpeg[-2:])  # libjpeg: "premature end of data segment"
    batch.open_picture(tmp_path / "a.jpg").load_page()
    assert "premature end" in capfd.readouterr().err
    read(str(tmp_path / "a.jpg"), classifier)
    assert capfd.readouterr().err == ""
