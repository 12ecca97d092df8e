"""What can be told of a cluster without one; with one in test_run.py."""

from __future__ import annotations

import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

from pipeline.cluster.node_pool import LostNodeError
from pipeline.errors import ClusterError

TOP = Path(__file__).resolve().parents[3]
needs_ray = pytest.mark.skipif(find_spec("ray") is None, reason="Ray has no wheel for this Python: pip install ray")


@pytest.mark.slow
@needs_ray
def test_cluster_that_is_away_is_told_at_once_and_in_one_line() -> None:
    words = ["run_pipeline.py", "samples/strip.png", "--engine", "ray", "--ray-address", "127.0.0.1:1"]
    done = subprocess.run([sys.executable, *words], cwd=TOP, capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stdout) == (3, "")
    assert done.stderr.startswith("error: the cluster 127.0.0.1:1 cannot be reached (")
    assert done.stderr.endswith("docs/scale.md shows how they are set up\n")


@pytest.mark.slow
@needs_ray
def test_reader_that_cannot_be_started_is_told_from_a_node_that_is_lost() -> None:
    from ray.exceptions import RayError

    from pipeline.cluster.ray_nodes import explain_lost

    lost = explain_lost(RayError("The node has died"))
    assert (type(lost), str(lost)) == (LostNodeError, "RayError")
    lacking = explain_lost(
        RayError("An error raised in its creation task, ...\nModuleNotFoundError: No module named 'x'")
    )
    assert isinstance(lacking, ClusterError)
    assert str(lacking).startswith("its reader failed (ModuleNotFoundError: No module named 'x'); install the same")
    assert isinstance(explain_lost(ValueError("boom")), ClusterError)
