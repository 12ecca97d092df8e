"""The flags of the engine that reads on several machines."""

from __future__ import annotations

import argparse

from pipeline.errors import UsageError

ENGINES = ("local", "ray")


def add_cluster_flags(group: argparse._ArgumentGroup) -> None:
    """Add the flags to a group of the parser."""
    add = group.add_argument
    add("--engine", choices=ENGINES, help="where pages are read: on this machine (local), or on a cluster of Ray")
    add("--ray-address", metavar="A", help="of the cluster: HOST:PORT, or auto (a cluster of this machine alone)")
    add("--upload", metavar="ADDRESS", help="put the results into this folder of a bucket, too: s3://bucket/read/")


def check_cluster_flags(flags: argparse.Namespace) -> None:
    """Raise UsageError for a flag that lacks another one, or does not go with it."""
    if flags.ray_address and flags.engine != "ray":
        raise UsageError("--ray-address needs --engine ray")
    if flags.engine == "ray" and flags.apply_review:
        raise UsageError("--engine cannot be used with --apply-review", "it reads no pictures")
