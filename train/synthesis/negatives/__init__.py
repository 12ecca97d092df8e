"""Pages without a number: prose, scenes, faces, empty sheets."""
