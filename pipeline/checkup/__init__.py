"""Is everything in place? Libraries, models, a sample, camera, screen, optional parts and speed."""
