"""Settings of every stage."""

from pipeline.settings.tree import Settings

__all__ = ["Settings"]
