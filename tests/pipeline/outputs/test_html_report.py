from __future__ import annotations

import io
import json
import re
from base64 import b64encode
from hashlib import sha256
from html import unescape
from html.parser import HTMLParser
from importlib.resources import files
from typing import Any

import pytest

from pipeline.errors import Failure, MissingInputError
from pipeline.geometry import Box
from pipeline.outputs import html_report
from pipeline.outputs.formats import FORMATS
from pipeline.outputs.picture_keys import DATA_URI, name_box
from pipeline.outputs.records import make_record
from pipeline.outputs.report import Report
from pipeline.types import PageReading, Reading

HOSTILE = "</script><img src=x onerror=alert(1)><!--<script>\"'&\udcff\u2028.jpg"
THUMBNAIL = "data:image/webp;base64,UklGRg=="


def make_page(file: str = "a.jpg", n_numbers: int = 1) -> dict[str, Any]:
    readings = tuple(
        Reading("05", 0.5, Box(10, 20, 60, 40), (), "rejected", "a digit is unsure", line=1 + i)
        for i in range(n_numbers)
    )
    return make_record(PageReading(file, 1, (400, 300), readings, "digits", {"total": 0.1}))


def write(*records: dict[str, Any], **facts: object) -> str:
    stream = io.StringIO()
    with Report(stream, FORMATS["html"], facts=facts) as report:
        for record in records:
            report.add(record)
    return stream.getvalue()


class Elements(HTMLParser):
    """Lists what a browser would see: each element with its attributes, and the text of scripts."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.texts: list[tuple[str, str]] = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.texts.append((self.found[-1][0] if self.found else "", data))


def list_records(text: str) -> list[dict[str, Any]]:
    return [json.loads(each) for each in re.findall(r'<script type="application/json"[^>]*>(.*?)</script>', text)]


@pytest.mark.parametrize("n", [0, 1, 3])
def test_every_record_is_in_it(n: int) -> None:
    assert [r["file"] for r in list_records(write(*[make_page(f"{i}.jpg") for i in range(n)]))] == [
        f"{i}.jpg" for i in range(n)
    ]


def test_record_has_what_is_shown() -> None:
    record = make_page() | {"thumbnail": THUMBNAIL, "note": "animated: the first of 12 frames is read"}
    text = write(record)
    assert list_records(text) == [
        {
            "file": "a.jpg",
            "page": 1,
            "size": [400, 300],
            "note": "animated: the first of 12 frames is read",
            "error": None,
            "numbers": [["05", 0.5, "rejected", "a digit is unsure", 1, [10, 20, 60, 40]]],
        }
    ]
    assert f'data-thumbnail="{THUMBNAIL}"' in text


def list_pictures(text: str, name: str) -> list[str | None]:
    return [attrs.get(f"data-{name}") for _, attrs in Elements(text).found if attrs.get("type") == "application/json"]


def make_page_with_pictures(n_numbers: int, size: int = 8) -> dict[str, Any]:
    record = make_page(n_numbers=n_numbers)
    for at, number in enumerate(record["numbers"]):
        number["box"][0] = at
        number["status"] = "rejected" if at == 1 else "accepted"
    crops = {name_box(number["box"]): DATA_URI + "A" * size for number in record["numbers"]}
    return record | {"thumbnail": THUMBNAIL, "picture": THUMBNAIL + "B" * size, "crops": crops}


def test_crops_stay_with_their_numbers() -> None:
    record = make_page_with_pictures(3)
    del record["numbers"][0]
    record["crops"][name_box(record["numbers"][0]["box"])] = DATA_URI + "Qg=="
    assert list_pictures(write(record), "crops") == ["Qg== AAAAAAAA"]
    del record["crops"][name_box(record["numbers"][0]["box"])]
    assert list_pictures(write(record), "crops") == [" AAAAAAAA"]
    assert list_pictures(write(make_page()), "crops") == [None]


@pytest.mark.parametrize(
    "crop", ['data:image/webp;base64,A"><img src=x>', "https://elsewhere/a.webp", "A A", None, 7.5]
)
def test_what_is_no_picture_is_left_out(crop: object) -> None:
    record = make_page()
    record["crops"] = {name_box(record["numbers"][0]["box"]): crop}
    assert list_pictures(write(record), "crops") == [None]


def test_pictures_end_where_the_report_would_be_too_large(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(html_report, "_MOST_BYTES", 1000)
    monkeypatch.setattr(html_report, "_MOST_REJECTED_BYTES", 1000)
    text = write(*[make_page_with_pictures(2, 400) for _ in range(5)])
    assert [bool(one) for one in list_pictures(text, "picture")] == [True, False, False, False, False]
    crops = [one and [len(each) for each in one.split(" ")] for one in list_pictures(text, "crops")]
    assert crops == [[400, 400], [0, 400], [0, 400], None, None]
    assert list_pictures(text, "thumbnail") == [THUMBNAIL] * 5
    assert list_pictures(write(make_page_with_pictures(2, 400)), "picture")[0]  # each report counts its own


def test_failure_and_blank_page_are_in_it() -> None:
    failed = make_record(Failure.of(MissingInputError("there is no such file"), "b.jpg"))
    found = list_records(write(failed, make_page(n_numbers=0)))
    assert found[0]["error"] == {"code": "missing", "message": "there is no such file", "hint": "check the path"}
    assert found[1]["numbers"] == []


def test_no_text_breaks_out() -> None:
    plain = Elements(write(make_page(), title="t", model="m"))
    hostile = Elements(write(make_page(HOSTILE) | {"note": HOSTILE}, title=HOSTILE, model=HOSTILE))
    assert [tag for tag, _ in hostile.found] == [tag for tag, _ in plain.found]
    assert list_records(write(make_page(HOSTILE)))[0]["file"] == HOSTILE


def test_thumbnail_stays_in_its_attribute() -> None:
    elements = Elements(write(make_page() | {"thumbnail": '"><img src=x onerror=alert(1)>'}))
    assert ("img", {"src": "x", "onerror": "alert(1)"}) not in elements.found


def test_all_is_ascii_and_can_be_written_anywhere() -> None:
    text = write(make_page("Zähler 数\udcff.jpg"), title="Zähler 数\udcff")
    assert text.isascii()
    assert "Zähler 数" in unescape(text)


def test_facts_stand_on_top_in_their_order() -> None:
    text = write(title="Meters", when="today", seconds=1.23456, pages=7, comment=None)
    assert "<title>Meters</title>" in text
    assert re.findall(r"<dt>(.*?)</dt><dd>(.*?)</dd>", text) == [
        ("when", "today"),
        ("seconds", "1.235"),
        ("pages", "7"),
    ]
    assert "<title>Numbers read</title>" in write()


def test_records_are_written_as_they_come() -> None:
    stream = io.StringIO()
    with Report(stream, FORMATS["html"]) as report:
        assert list_records(stream.getvalue()) == []
        for n in range(1, 4):
            report.add(make_page(f"{n}.jpg"))
            assert len(list_records(stream.getvalue())) == n
    assert len(list_records(stream.getvalue())) == 3


def test_nothing_comes_from_elsewhere() -> None:
    text = write(make_page() | {"thumbnail": THUMBNAIL})
    for tag, attributes in Elements(text).found:
        assert tag not in ("link", "iframe", "object", "embed", "base", "form"), tag
        assert not {"src", "href", "action", "srcset", "onclick", "onload", "style"} & set(attributes), tag
    addresses = set(re.findall(r"https?://[^\s\"'<>]+", text))
    assert addresses == {"http://www.w3.org/2000/svg"}  # a name, nothing that is loaded
    assert not re.search(r"@import|url\((?!#)|fetch\(|XMLHttpRequest|WebSocket|sendBeacon|importScripts", text)


def test_policy_allows_this_script_and_style_and_nothing_else() -> None:
    text = write(make_page())
    policy = next(a["content"] for tag, a in Elements(text).found if a.get("http-equiv") == "Content-Security-Policy")
    assert policy is not None
    style = re.findall(r"<style>(.*?)</style>", text, re.DOTALL)
    script = re.findall(r"<script>(.*?)</script>", text, re.DOTALL)
    hashes = [b64encode(sha256(each.encode()).digest()).decode() for each in (*style, *script)]
    assert policy == (
        f"default-src 'none'; img-src data:; style-src 'sha256-{hashes[0]}'; script-src 'sha256-{hashes[1]}'; "
        "base-uri 'none'; form-action 'none'"
    )


def test_script_never_makes_html_of_data() -> None:
    folder = files("pipeline.outputs") / "report_page"
    for each in folder.iterdir():
        text = each.read_text(encoding="ascii")
        assert not re.search(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\b|new Function", text)
        assert len(text.splitlines()) <= 300, each.name
