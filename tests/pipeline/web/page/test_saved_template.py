from __future__ import annotations

import io
import zipfile
from pathlib import Path

import cv2
import pytest

from pipeline.errors import InputError, TemplateError
from pipeline.forms.template import FormSum
from pipeline.web.page.saved_template import SavedTemplate, is_template, open_template
from tests.support.forms import AGE, AMOUNT, draw_blank

PNG = cv2.imencode(".png", draw_blank())[1].tobytes()
MOST = 1_000_000
FIELDS = f"""
[[field]]
name = "age"
box = {AGE.as_list()}
pattern = "dd"

[[field]]
name = "amount"
box = {AMOUNT.as_list()}
min = 1

[[field]]
name = "both"
box = [0, 0, 90, 90]
values = ["12", "15"]

[[sum]]
total = "both"
of = ["age", "amount"]
"""
TOML = ('reference = "blank.png"' + FIELDS).encode()


def pack(files: dict[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", method) as archive:
        for name, raw in files.items():
            archive.writestr(name, raw)
    return stream.getvalue()


def check(saved: SavedTemplate) -> None:
    assert (saved.name, saved.raw) == ("blank.png", PNG)
    ((jpeg, size_px),) = saved.blank.pages
    assert (jpeg[:2], size_px) == (b"\xff\xd8", (800, 520))
    assert [field.name for field in saved.blank.fields] == ["age", "amount", "both"]
    assert [field.constraint.to_dict() for field in saved.blank.fields if field.constraint] == [
        {"pattern": "dd"}, {"range": (1, None)}, {"values": ("12", "15")}
    ]  # fmt: skip
    assert saved.sums == (FormSum("both", ("age", "amount")),)


@pytest.mark.parametrize(
    "files",
    [
        [("template.zip", pack({"form.toml": TOML, "blank.png": PNG}))],
        [("T.ZIP", pack({"t/form.toml": TOML, "t/blank.png": PNG, "__MACOSX/t/._form.toml": b"", "t/.x.toml": b""}))],
        [("form.toml", TOML), ("blank.png", PNG)],
        [("blank.png", PNG), ("C:\\forms\\form.toml", TOML)],
        [("form.toml", b"old"), ("template.zip", pack({"form.toml": TOML, "blank.png": PNG}))],
    ],
    ids=["archive", "folder in an archive", "two files", "with folders", "an archive after a file"],
)
def test_template_is_opened_with_its_blank_form(files: list[tuple[str, bytes]]) -> None:
    check(open_template(files, MOST))


def test_values_are_read_from_beside_it() -> None:
    toml = TOML.replace(b'["12", "15"]', b'"ids.csv"')
    check(open_template([("form.toml", toml), ("blank.png", PNG), ("ids.csv", b"12\n15\n")], MOST))


@pytest.mark.parametrize(
    ("toml", "message"),
    [
        (b"reference = ", r"form\.toml: it is no TOML"),
        (b"\xff\xfe", r"form\.toml: it is no TOML"),
        (b"x = 1", r"form\.toml: unknown key 'x'"),
        (b'[[field]]\nname = "a"', r"form\.toml: reference is missing"),
        (b'reference = "other.png"', r"form\.toml: its file 'other\.png' is not there; give it together"),
        (b'reference = ["blank.png", "blank.png"]', r"form\.toml: it is of 2 files, and one blank form is the most"),
        (b'reference = {file = "blank.png", page = 1}', "the template names a page of its file"),
        (b'reference = "blank.png"', r"form\.toml: it has no \[\[field\]\]"),
        (TOML.replace(b"[0, 0, 90, 90]", b"[0, 0, 9000, 90]"), r"form\.toml: field 'both': box .* is outside"),
    ],
    ids=["cut", "bytes", "key", "no reference", "other blank", "two blanks", "page", "no field", "box"],
)
def test_what_cannot_be_used_is_one_sentence_without_a_folder(toml: bytes, message: str) -> None:
    with pytest.raises(TemplateError, match=f"^{message}") as caught:
        open_template([("form.toml", toml), ("blank.png", PNG)], MOST)
    assert "docs/" not in str(caught.value) and "digits-form-" not in str(caught.value)


@pytest.mark.parametrize("where", ["reference", "values"])
def test_no_other_file_of_the_server_is_read(where: str, tmp_path: Path) -> None:
    secret = tmp_path / "secret.txt"
    secret.write_text("31337x\n")
    for name in (str(secret), f"../{tmp_path.name}/secret.txt"):
        toml = TOML.replace(*((b'"blank.png"' if where == "reference" else b'["12", "15"]'), f'"{name}"'.encode()))
        with pytest.raises(TemplateError, match="is not there") as caught:
            open_template([("form.toml", toml), ("blank.png", PNG)], MOST)
        assert "31337" not in str(caught.value)


@pytest.mark.parametrize(
    ("raw", "message"),
    [
        (b"no archive", "it cannot be unpacked; save it again"),
        (pack({"form.toml": TOML, "blank.png": PNG})[:-40], "it cannot be unpacked"),
        (
            pack({"form.toml": TOML, "blank.png": PNG}, zipfile.ZIP_STORED).replace(PNG[:20], bytes(20)),
            "it cannot be unpacked",
        ),
        (pack({"form.toml": TOML, "zeros": bytes(MOST)}), "it holds too much"),
        (pack({f"{at}.toml": b"" for at in range(60)}), "it holds too much"),
        (pack({"a.toml": TOML, "b.toml": TOML}), r"it holds 2 files that end in \.toml, not one"),
        (pack({"blank.png": PNG}), r"it holds 0 files that end in \.toml, not one"),
    ],
    ids=["text", "cut", "damaged", "bomb", "many", "two templates", "no template"],
)
def test_archive_that_cannot_be_used_is_one_sentence(raw: bytes, message: str) -> None:
    with pytest.raises(TemplateError, match=rf"^t\.zip: {message}"):
        open_template([("t.zip", raw)], MOST)


def test_blank_form_that_is_no_picture_is_told() -> None:
    with pytest.raises((TemplateError, InputError), match="picture"):
        open_template([("form.toml", TOML), ("blank.png", b"text")], MOST)


def test_name_of_a_file_tells_what_it_is() -> None:
    assert list(map(is_template, ("a.toml", "A.ZIP", "a.png", "toml"))) == [True, True, False, False]
