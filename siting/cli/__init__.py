"""Talk to the user: parse, call, print. stdout carries the answer, stderr everything else."""

from __future__ import annotations

from siting.cli.run import main

__all__ = ["main"]
