"""Videos of numbers before a made camera, with known truth."""
