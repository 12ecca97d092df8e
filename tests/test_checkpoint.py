"""A checkpoint that is missing or torn; that a run resumes exactly is tested with fitting."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipeline.errors import InputError
from train.checkpoint import load_checkpoint


@pytest.mark.parametrize("content", [None, "", "{}", '{"run": {}, "history": [1]}'])
def test_without_a_whole_checkpoint_there_is_no_resuming(tmp_path: Path, content: str | None) -> None:
    if content is not None:
        (tmp_path / "state.json").write_text(content)
    with pytest.raises(InputError, match="no checkpoint to go on from"):
        load_checkpoint(tmp_path, {})
