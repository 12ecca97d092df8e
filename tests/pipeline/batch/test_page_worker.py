from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from PIL import Image

from pipeline.batch import page_worker as worker
from pipeline.batch.jobs import Job, Outcome, Plan, identify
from pipeline.batch.page_worker import Worker
from pipeline.batch.sources import Source
from pipeline.errors import OutputError
from pipeline.images.load import open_picture
from pipeline.recognition.classify import Classifier, load_classifier
from pipeline.region import Region
from pipeline.settings.decoding import DecodeSettings, SignSettings
from pipeline.settings.tree import Settings
from tests.support.drawing import make_reader, write_page
from tests.support.pdfs import make_locked_pdf
from tests.support.web_server import serving

PNG = cv2.imencode(".png", np.full((40, 60), 255, np.uint8))[1].tobytes()


@pytest.fixture(scope="module")
def classifier() -> Classifier:
    return load_classifier()


def read(classifier: Classifier, path: Path | str, number: int = 1, raw: bytes | None = None, **plan: Any) -> Outcome:
    return Worker(Plan(**plan), classifier).read(Job(Source(str(path), Path(path).stem), number, raw))


def write_tiff(path: Path, *sides: int) -> Path:
    first, *others = (Image.fromarray(np.full((side, 50), 255, np.uint8)) for side in sides)
    first.save(path, save_all=True, append_images=others)
    return path


def write_numbers(path: Path) -> Path:
    cv2.imwrite(str(path), write_page("4237 90"))
    return path


def test_outcome_says_all_that_is_known(tmp_path: Path) -> None:
    path = write_numbers(tmp_path / "a.png")
    outcome = read(make_reader(), path)
    assert [n["text"] for n in outcome.record["numbers"]] == ["4237", "90"]
    assert (outcome.name, outcome.n_pages, outcome.identity, outcome.traceback) == ("a", 1, identify(str(path)), "")
    assert (outcome.record["file"], outcome.record["page"], outcome.record["note"]) == (str(path), 1, None)
    assert "thumbnail" not in outcome.record


def test_one_bad_page_leaves_the_others(classifier: Classifier, tmp_path: Path) -> None:
    path = write_tiff(tmp_path / "three.tif", 40, 4, 60)  # the second is too small
    reader = Worker(Plan(), classifier)
    outcomes = [reader.read(Job(Source(str(path), "three"), number)) for number in (1, 2, 3)]
    one, two, three = (outcome.record for outcome in outcomes)
    assert (one["status"], one["page"], three["page"], three["size_px"]) == ("ok", 1, 3, [50, 60])
    assert (two["status"], two["page"], two["error"]["code"]) == ("failed", 2, "size")
    assert [outcome.n_pages for outcome in outcomes] == [3, 3, 3]
    assert [outcome.name for outcome in outcomes] == ["three.page1", "", "three.page3"]


def test_failures_are_data(classifier: Classifier, tmp_path: Path) -> None:
    path = tmp_path / "none.png"
    outcome = read(classifier, path)
    record = outcome.record
    assert (record["file"], record["page"], record["error"]["code"]) == (str(path), None, "missing")
    assert (outcome.n_pages, outcome.identity, outcome.traceback) == (None, None, "")
    past_the_end = read(classifier, write_tiff(tmp_path / "a.tif", 40), 2)
    assert (past_the_end.record["page"], past_the_end.record["error"]["code"]) == (2, "missing")


def test_bytes_of_stdin_are_a_picture(classifier: Classifier) -> None:
    outcome = read(classifier, "-", raw=PNG)
    assert (outcome.record["file"], outcome.record["status"], outcome.identity) == ("-", "ok", None)
    assert read(classifier, "-", raw=b"").record["error"]["code"] == "empty"


def test_file_stays_open_for_its_next_page_until_it_changes(
    classifier: Classifier, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened: list[str] = []

    def note(source: Any, *others: Any, name: str, **more: Any) -> Any:
        opened.append(Path(name).name)
        return open_picture(source, *others, name=name, **more)

    monkeypatch.setattr(worker, "open_picture", note)
    path, other = write_tiff(tmp_path / "a.tif", 40, 50), write_tiff(tmp_path / "b.tif", 40)
    reader = Worker(Plan(), classifier)
    for name, number in (("a", 1), ("a", 2), ("b", 1), ("a", 2)):
        reader.read(Job(Source(str(tmp_path / f"{name}.tif"), name), number))
    assert opened == ["a.tif", "b.tif", "a.tif"]
    write_tiff(path, 60, 70, 80)
    assert reader.read(Job(Source(str(path), "a"), 2)).record["size_px"] == [50, 70]
    for _ in range(2):
        reader.read(Job(Source("-", "stdin"), 1, other.read_bytes()))
    assert opened[3:] == ["a.tif", "-", "-"]


def test_bug_is_reported_with_its_traceback(
    classifier: Classifier, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "a.png").write_bytes(PNG)
    monkeypatch.setattr(worker, "analyze_page", lambda *_, **__: 1 / 0)
    outcome = read(classifier, tmp_path / "a.png")
    error = outcome.record["error"]
    assert (error["code"], error["message"]) == ("bug", "ZeroDivisionError: division by zero")
    assert outcome.traceback.startswith("Traceback")
    assert "ZeroDivisionError" in outcome.traceback


def test_too_little_memory_is_no_bug(classifier: Classifier, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "a.png").write_bytes(PNG)

    def fail_in_opencv(*_: object, **__: object) -> None:
        error = cv2.error("Insufficient memory")
        error.code = cv2.Error.StsNoMem
        raise error

    for fail in (lambda *_, **__: np.ones(2**60, np.uint8), fail_in_opencv):
        monkeypatch.setattr(worker, "analyze_page", fail)
        outcome = read(classifier, tmp_path / "a.png")
        assert (outcome.record["error"]["code"], outcome.traceback) == ("memory", "")
        assert "--workers" in outcome.record["error"]["hint"]


def test_picture_that_cannot_be_written_ends_the_run(classifier: Classifier, tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(PNG)
    (tmp_path / "drawn").write_text("a file, not a folder")
    with pytest.raises(OutputError):
        read(classifier, tmp_path / "a.png", annotate=tmp_path / "drawn")


def test_trace_gets_the_stem(classifier: Classifier, tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(PNG)
    (tmp_path / "trace").mkdir()
    read(classifier, tmp_path / "a.png", trace=tmp_path / "trace")
    assert all(path.name.startswith("a.") for path in (tmp_path / "trace").iterdir())
    assert len(list((tmp_path / "trace").iterdir())) >= 5


def test_pictures_that_are_asked_for_are_made(tmp_path: Path) -> None:
    path = write_numbers(tmp_path / "a.jpg")
    folders = {name: tmp_path / name for name in ("annotate", "review")}
    lenient, strict = (Settings.from_dict({"decode": {"reject_below": p}}) for p in (0.0, 1.0))
    outcome = read(make_reader(), path, settings=lenient, **folders, has_pictures=True)
    assert [one.name for one in folders["annotate"].iterdir()] == ["a.annotated.jpg"]
    assert not folders["review"].exists()  # nothing was rejected
    assert outcome.crops == ()
    assert all(outcome.record[name].startswith("data:image/") for name in ("thumbnail", "picture"))
    assert len(outcome.record["crops"]) == len(outcome.record["numbers"]) == 2
    outcome = read(make_reader(), path, settings=strict, review=folders["review"])
    made = sorted(one.relative_to(folders["review"]).as_posix() for one in folders["review"].rglob("*.??g"))
    assert outcome.crops is not None
    assert made == [*outcome.crops, "pages/a.annotated.jpg"]
    assert [crop.rpartition("-")[0] for crop in outcome.crops] == ["crops/a.1", "crops/a.2"]


def test_outcome_carries_the_picture_that_is_asked_for(tmp_path: Path) -> None:
    path = write_numbers(tmp_path / "a.jpg")
    assert read(make_reader(), path).picture == b""
    assert read(make_reader(), path, keeps_page=True).picture.startswith(b"\xff\xd8")


def test_pictures_mirror_the_tree_of_a_folder(tmp_path: Path) -> None:
    path = write_numbers(tmp_path / "a.png")
    folders = {name: tmp_path / name for name in ("annotate", "trace", "review")}
    plan = Plan(settings=Settings.from_dict({"decode": {"reject_below": 1.0}}), **folders)
    Worker(plan, make_reader()).read(Job(Source(str(path), "2024/may/a")))
    for name, made in (("annotate", "a.annotated.png"), ("trace", "a.1-gray.png"), ("review/crops", "a.1-*.png")):
        assert len(list((tmp_path / name / "2024" / "may").glob(made))) == 1


def test_decoders_stay_still(classifier: Classifier, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    noise = np.random.default_rng(0).integers(0, 256, (64, 64), np.uint8)
    jpeg = cv2.imencode(".jpg", noise)[1].tobytes()
    (tmp_path / "a.jpg").write_bytes(jpeg[:-400] + jpeg[-2:])  # libjpeg: "premature end of data segment"
    worker.open_picture(tmp_path / "a.jpg").load_page()
    assert "premature end" in capfd.readouterr().err
    read(classifier, tmp_path / "a.jpg", has_pictures=True)
    assert capfd.readouterr().err == ""


def test_identity_is_that_of_bytes_and_time(tmp_path: Path) -> None:
    path = tmp_path / "a.png"
    path.write_bytes(PNG)
    os.utime(path, ns=(5, 7))
    assert identify(str(path)) == (len(PNG), 7)
    assert [identify(name) for name in (str(tmp_path / "none"), "a\0b", "-", "x" * 300)] == [None] * 4


@pytest.mark.parametrize(("is_signed", "has_lines", "n_notes"), [(True, False, 1), (True, True, 0), (False, False, 0)])
def test_signs_without_a_line_network_are_told(
    classifier: Classifier, is_signed: bool, has_lines: bool, n_notes: int
) -> None:
    own = classifier if has_lines else replace(classifier, line_network=None)
    plan = Plan(settings=Settings(signs=SignSettings(is_enabled=is_signed)))
    notes = Worker(plan, own).notes
    assert len(notes) == n_notes and all("no line network" in note for note in notes)


def test_part_of_a_page_keeps_the_pixels_of_the_whole(tmp_path: Path) -> None:
    path = write_numbers(tmp_path / "a.png")
    whole = read(make_reader(), path).record
    first, second = (n["box"] for n in whole["numbers"])
    middle = (first[2] + second[0]) // 2
    part = read(make_reader(), path, region=Region(0, 0, middle, whole["size_px"][1])).record
    assert [n["text"] for n in part["numbers"]] == ["4237"]
    assert part["size_px"] == whole["size_px"]
    assert np.abs(np.subtract(part["numbers"][0]["box"], first)).max() <= 1


def test_number_that_the_rim_parts_between_two_digits_is_rejected(tmp_path: Path) -> None:
    path = write_numbers(tmp_path / "a.png")
    first = read(make_reader(), path).record["numbers"][0]
    between = (first["digits"][0]["box"][2] + first["digits"][1]["box"][0]) // 2
    [part] = read(make_reader(), path, region=Region(0, 0, between, 10_000)).record["numbers"]
    assert (part["text"], part["status"]) == ("4", "rejected")
    assert part["reason"] == "it goes on beyond the rim of the region"


def test_region_beyond_a_page_fails_that_page(tmp_path: Path) -> None:
    record = read(make_reader(), write_numbers(tmp_path / "a.png"), region=Region(9000, 0, 9100, 50)).record
    assert (record["status"], record["page"], record["error"]["code"]) == ("failed", 1, "region")
    assert "the region 9000,0,9100,50 lies beyond the picture of" in record["error"]["message"]


def test_plan_of_a_job_takes_the_place_of_that_of_the_run(tmp_path: Path) -> None:
    path = write_numbers(tmp_path / "a.png")
    strict, lax = (Plan(replace(Settings(), decode=DecodeSettings(reject_below=p))) for p in (1.0, 0.0))
    reader = Worker(lax, make_reader())
    source = Source(str(path), "a")
    for plan, status in ((strict, "rejected"), (None, "accepted"), (lax, "accepted")):
        numbers = reader.read(Job(source, plan=plan)).record["numbers"]
        assert {number["status"] for number in numbers} == {status}
    locked = make_locked_pdf("secret")
    for password, status in (("secret", "ok"), (None, "failed")):
        job = Job(Source("a.pdf", "a"), raw=locked, plan=Plan(password=password))
        assert reader.read(job).record["status"] == status


def test_file_at_an_address_is_fetched_once_for_all_of_its_pages(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = Image.fromarray(write_page("12"))
    first.save(tmp_path / "a.tif", save_all=True, append_images=[Image.fromarray(write_page("34"))])
    with serving({"/a.tif": (tmp_path / "a.tif").read_bytes()}) as server:
        reader = Worker(Plan(), make_reader())
        source = Source(f"{server.address}/a.tif", "a")
        outcomes = [reader.read(Job(source, number)) for number in (1, 2)]
        assert [one.record["status"] for one in outcomes] == ["ok", "ok"]
        assert [(one.n_pages, one.name) for one in outcomes] == [(2, "a.page1"), (2, "a.page2")]
        assert outcomes[0].identity == outcomes[1].identity == identify(source.path)
        assert [method for method, _ in server.asked] == ["GET", "HEAD"]
        missing = reader.read(Job(Source(f"{server.address}/b.tif", "b")))
        assert (missing.record["error"]["code"], missing.identity) == ("missing", None)
