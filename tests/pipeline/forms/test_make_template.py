from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from pipeline.cli import main
from pipeline.forms.template_file import load_template
from tests.support.forms import N_CODE, draw_blank


@pytest.fixture
def blank(tmp_path: Path) -> str:
    path = tmp_path / "blank.png"
    path.write_bytes(cv2.imencode(".png", draw_blank())[1].tobytes())
    return str(path)


def test_template_can_be_used_at_once_and_is_never_overwritten(blank: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--make-template", blank]) == 0
    path = Path(blank).with_suffix(".toml")
    assert [one.comb for one in load_template(path).fields] == [None, N_CODE, None]
    picture = cv2.imread(str(path.with_name("blank.fields.png")))
    assert picture.shape == (520, 800, 3) and np.ptp(picture.astype(int), axis=2).max() > 50
    path.write_text("edited", encoding="utf-8")
    assert main(["--make-template", blank]) == 2
    assert f"{path}: this file exists already" in capsys.readouterr().err
    assert path.read_text(encoding="utf-8") == "edited"
    assert main(["--make-template", blank, "--force"]) == 0
    assert len(load_template(path).fields) == 3


def test_pages_of_several_pictures(blank: str, tmp_path: Path) -> None:
    (tmp_path / "more").mkdir()
    path = tmp_path / "more" / "form.toml"
    assert main(["--make-template", blank, blank, "-o", str(path)]) == 0
    form = load_template(path)
    assert len(form.pages) == 2 and [one.page for one in form.fields] == [1, 1, 1, 2, 2, 2]
    assert sorted(one.name for one in path.parent.iterdir()) == ["form.fields-1.png", "form.fields-2.png", "form.toml"]


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        ([], 2, "no blank form is given"),
        (["missing.png"], 1, "missing.png"),
        (["BLANK", "-o", "form.csv"], 2, "a template is a TOML file"),
        (["BLANK", "--signs"], 2, "--signs cannot be used with --make-template"),
        (["BLANK", "-o", "no/form.toml"], 5, "there is no folder"),
        (["PAPER"], 3, "no field is found"),
    ],
    ids=["nothing", "missing", "suffix", "flag", "folder", "bare paper"],
)
def test_mistakes(blank: str, tmp_path: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], code: int,
                  message: str) -> None:  # fmt: skip
    paper = tmp_path / "paper.png"
    paper.write_bytes(cv2.imencode(".png", np.full((200, 300), 230, np.uint8))[1].tobytes())
    words = {"BLANK": blank, "PAPER": str(paper)}
    assert main(["--make-template", *(words.get(word, word) for word in arguments)]) == code
    assert message in capsys.readouterr().err
