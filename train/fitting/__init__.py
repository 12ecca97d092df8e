"""Training: data pipelines, loops, calibration, search."""
