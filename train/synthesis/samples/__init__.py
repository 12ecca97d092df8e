"""The pictures of samples/."""
