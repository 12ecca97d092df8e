"""The line network: a posterior for every column of line images of any length."""

from __future__ import annotations

import numpy as np
import pytest

from train.networks.line_network import build_line_network

pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation doesn't accept a copy:DeprecationWarning")
"""TensorFlow's variables do not know NumPy 2's `copy` yet, and Keras asks them for it."""


@pytest.mark.parametrize("width_px", [2, 98])
def test_every_column_has_a_posterior(width_px: int) -> None:
    posteriors = np.asarray(build_line_network(12)(np.zeros((2, 32, width_px, 2), np.float32)))
    assert posteriors.shape == (2, width_px // 2, 12)
    assert np.allclose(posteriors.sum(axis=2), 1, atol=1e-5)
