"""Makes what is in `models/`: data, augmentation, networks, fitting, calibration, evaluation. Imports `pipeline`."""

from __future__ import annotations

import os

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")  # TensorFlow greets at length on stderr when it is imported
