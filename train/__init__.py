"""Makes what is in `models/`: data, augmentation, networks, fitting, calibration, evaluation. Imports `pipeline`."""
