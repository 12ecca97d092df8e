"""`python -m pipeline.settings` prints every setting."""

from pipeline.settings.tree import Settings

print(Settings().to_toml())
