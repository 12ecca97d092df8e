"""A run on a cluster gives the table of one machine: with Ray's two nodes, one of them killed, and a bucket of S3."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import cv2
import pytest
from PIL import Image

from tests.support.drawing import write_page
from tests.support.pdfs import make_slow_pdf
from tests.support.ray_cluster import (
    run_program,
    serving_bucket,
    start_program,
    starting_cluster,
    wait_for_pages,
)
from tests.support.web_server import serving

N_FILES = 40
HANGING_S = 120.0
"""Long enough for a loaded machine; a run whose page hangs without a limit takes an hour."""

slow = pytest.mark.slow
needs_ray = pytest.mark.skipif(find_spec("ray") is None, reason="Ray has no wheel for this Python: pip install ray")


@pytest.fixture(scope="module")
def scans(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder that holds a folder of pages, a TIFF of three among them, and files that are none."""
    folder = tmp_path_factory.mktemp("run")
    pages = folder / "pages"
    (pages / "deep").mkdir(parents=True)
    for n in range(N_FILES):
        cv2.imwrite(str(pages / f"page{n}.png"), write_page(f"{100 + n} {7 * n}", str(31 * n)))
    first, *others = [Image.open(pages / f"page{n}.png") for n in (1, 2, 3)]
    first.save(pages / "deep" / "many.tif", save_all=True, append_images=others)
    (pages / "page5.jpg").write_bytes(b"no picture")
    (pages / "page6.jpg").write_bytes((pages / "page7.png").read_bytes()[:99])
    return folder


@pytest.fixture(scope="module")
def expected(scans: Path) -> str:
    """Return the table of one machine."""
    code, said = run_program(scans, "pages", "-o", "one.csv", "--workers", "2", "-q")
    assert code == 1, said
    return (scans / "one.csv").read_text("utf-8")


@slow
def test_missing_ray_says_what_to_install() -> None:
    code = "import sys; sys.modules['ray'] = None; from pipeline.cli import main"
    check = f"{code}; sys.exit(main(['samples/strip.png', '--engine', 'ray']))"
    done = subprocess.run([sys.executable, "-c", check], capture_output=True, text=True)
    assert done.returncode == 70
    assert done.stderr == "error: ray is not installed; for --engine ray: pip install '.[cluster]'\n"


@pytest.fixture(scope="module")
def bucket() -> Iterator[Any]:
    """Yield a file system of S3, which this process, the nodes and the runs find by their variables."""
    pytest.importorskip("moto")
    s3fs = pytest.importorskip("s3fs", reason="needs the extra remote")
    with serving_bucket() as variables, pytest.MonkeyPatch.context() as patch:
        for name, value in variables.items():
            patch.setenv(name, value)
        yield s3fs.S3FileSystem(endpoint_url=variables["AWS_ENDPOINT_URL"])


@pytest.fixture(scope="module")
def cluster(bucket: Any) -> Iterator[tuple[Any, Any]]:
    with starting_cluster() as started:
        yield started


@slow
@needs_ray
def test_bucket_is_read_and_written_on_the_cluster_as_on_one_machine(
    scans: Path, expected: str, bucket: Any, cluster: tuple[Any, Any]
) -> None:
    bucket.mkdir("archive")
    bucket.put(str(scans / "pages"), "archive/pages", recursive=True)
    with serving({"/page9.png": (scans / "pages/page9.png").read_bytes()}) as web:
        inputs = ["s3://archive/pages/", f"{web.address}/page9.png", f"{web.address}/none.png", "s3://archive/none/"]
        words = [*inputs, "-o", "far.jsonl", "-o", "far.csv", "--upload", "s3://archive/read/"]
        code, said = run_program(scans, *words, "--engine", "ray", "--ray-address", cluster[0].address)
        assert code == 1, said
        rows = (scans / "far.csv").read_text("utf-8").splitlines()
        assert bucket.cat_file("archive/read/far.csv") == (scans / "far.csv").read_bytes()
        far = [row.removeprefix("s3://archive/") for row in rows if "archive/pages" in row]
        assert far == expected.splitlines()[1:]
        assert sum(row.startswith(f"{web.address}/page9.png,1,") for row in rows) == 3
        failed = [row for row in rows if "none" in row]
        assert len(failed) == 2 and all("there is nothing at that address" in row for row in failed)

        web.asked.clear()
        code, said = run_program(scans, *words, "--resume")
        assert f"{N_FILES + 2} files had been read before" in said, said
        assert [path for method, path in web.asked if method == "GET"] == ["/none.png"]
        assert (scans / "far.csv").read_text("utf-8").splitlines() == rows


@slow
@needs_ray
def test_page_that_hangs_in_a_node_costs_one_record_as_on_one_machine(tmp_path: Path, cluster: tuple[Any, Any]) -> None:
    (tmp_path / "pages").mkdir()
    for name in ("a", "b", "y", "z"):
        cv2.imwrite(str(tmp_path / "pages" / f"{name}.png"), write_page("4237"))
    (tmp_path / "pages" / "hang.pdf").write_bytes(make_slow_pdf())
    tables = []
    engines = {"one": ["--workers", "2"], "ray": ["--engine", "ray", "--ray-address", cluster[0].address]}
    for name, engine in engines.items():
        words = ["pages", "-o", f"{name}.csv", "-o", f"{name}.jsonl", "--timeout", "4", "-q"]
        code, said = run_program(tmp_path, *words, *engine, most_s=HANGING_S)
        assert code == 1, said
        tables.append((tmp_path / f"{name}.csv").read_text("utf-8"))
        records = [json.loads(line) for line in (tmp_path / f"{name}.jsonl").read_text("utf-8").splitlines()]
        read = {Path(record["file"]).name: [number["text"] for number in record["numbers"]] for record in records}
        assert read == {"a.png": ["4237"], "b.png": ["4237"], "hang.pdf": [], "y.png": ["4237"], "z.png": ["4237"]}
        (error,) = [record["error"] for record in records if record["error"]]
        assert (error["code"], error["message"]) == ("timeout", "it was not read within 4 s")
    assert tables[0] == tables[1]


@slow
@needs_ray
def test_table_is_that_of_one_machine_though_the_driver_and_a_node_are_killed(
    scans: Path, expected: str, cluster: tuple[Any, Any]
) -> None:
    started, node = cluster
    words = ["pages", "-o", "two.jsonl", "-o", "two.csv", "--engine", "ray", "--ray-address", started.address]
    with start_program(scans, *words) as driver:
        wait_for_pages(driver, scans / "two.jsonl", 3)
        driver.kill()
        driver.communicate()
    n_done = (scans / "two.jsonl").read_bytes().count(b"\n")
    assert 3 <= n_done < N_FILES
    with start_program(scans, *words, "--resume") as driver:
        wait_for_pages(driver, scans / "two.jsonl", n_done + 4)
        started.remove_node(node, allow_graceful=False)
        said = driver.communicate(timeout=120)[0]
    assert driver.returncode == 1, said
    assert "was lost" in said and "[state-dump]" not in said
    assert (scans / "two.csv").read_text("utf-8") == expected
    records = [json.loads(line) for line in (scans / "two.jsonl").read_text("utf-8").splitlines()]
    places = [(record["file"], record["page"]) for record in records]
    assert len(places) == len(set(places)) == N_FILES + 3 + 2
