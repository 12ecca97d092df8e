from __future__ import annotations

import cv2
import numpy as np
import pytest

from pipeline.batch.jobs import Job, Plan
from pipeline.batch.sources import Source
from pipeline.errors import InputError
from pipeline.web.page.explain_page import explain_page
from tests.support.drawing import make_reader
from tests.support.sessions import PNG


def test_every_stage_is_shown_and_each_digit_has_its_tensor() -> None:
    found = explain_page(Job(Source("a.png", ""), 1, PNG, plan=Plan()), make_reader())
    names = [name for name, _ in found.pictures]
    assert names[:4] == ["gray", "darkness", "ink", "rulings"] and "tensors" in names
    assert all(png.startswith(b"\x89PNG") for _, png in found.pictures)
    assert "<- won" in found.trials
    assert "".join(digit.text for digit in found.digits) == "423756"
    for digit in found.digits:
        assert digit.scores[0][0] == digit.text
        tensor = cv2.imdecode(np.frombuffer(digit.tensor, np.uint8), cv2.IMREAD_GRAYSCALE)
        assert tensor.shape == (56, 56) and tensor.max() > 200
    assert found.seconds["total"] > 0


def test_bad_file_is_an_input_error() -> None:
    with pytest.raises(InputError):
        explain_page(Job(Source("a.png", ""), 1, b"text"), make_reader())
