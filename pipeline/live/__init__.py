"""Frames of a camera, video or stream -> numbers confirmed over time."""
