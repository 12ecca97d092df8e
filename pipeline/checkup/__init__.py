"""The check-up: libraries, models, a sample, camera, screen, optional parts and speed."""
