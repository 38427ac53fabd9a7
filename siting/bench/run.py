"""Run engines one after another, each in a process of its own with its limits."""

from __future__ import annotations

import contextlib
import json
import math
import os
import signal
import subprocess
import sys
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

from siting.models.peers import PEERS, missing, poses

if TYPE_CHECKING:
    from collections.abc import Callable

    from siting.bench.questions import Ask

ENGINES = ("siting", *PEERS)
PATIENCE = 2.0
"""A process may take this many times its solver's limit, and START_S, in all."""
START_S = 20.0
THREADS = 2
MEMORY_GB = 8.0


@dataclass(frozen=True)
class Answer:
    """Hold what one engine found of one question, and what it took."""

    engine: str
    objective: float = math.nan
    """nan where it found nothing."""
    bound: float = math.nan
    """nan where it proved nothing."""
    cpu_s: float = math.nan
    wall_s: float = math.nan
    peak_mb: float = math.nan
    note: str = ""
    """Why there is no answer; empty where there is one."""


def ask_all(ask: Ask, seconds: float, *, progress: Callable[[str], None]) -> list[Answer]:
    """Let every engine that has such a question answer it."""
    answers = []
    for engine in (name for name in ENGINES if poses(name, ask.kind)):
        progress(f"{ask.title}: {engine}")
        answers.append(answer_of(engine, ask, seconds))
    return answers


def answer_of(
    engine: str, ask: Ask, seconds: float, *, memory_gb: float = MEMORY_GB, start_s: float = START_S
) -> Answer:
    """Return the answer of a process of its own, which may have come to nothing."""
    if missing(engine):
        return Answer(engine, note="not installed")
    order = {"engine": engine, "ask": asdict(ask), "seconds": seconds}
    order |= {"memory_gb": memory_gb, "threads": THREADS}
    command = [sys.executable, "-m", "siting.bench.alone", json.dumps(order)]
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    with subprocess.Popen(  # noqa: S603 - our own module
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
        env=environment,
    ) as process:
        try:
            out, err = process.communicate(timeout=PATIENCE * seconds + start_s)
        except subprocess.TimeoutExpired:
            return Answer(engine, note="stopped by the clock")
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
    if process.returncode:
        short = "MemoryError" in err or "bad_alloc" in err or process.returncode < 0
        return Answer(engine, note="out of memory" if short else "failed")
    answer = Answer(engine, **json.loads(out.splitlines()[-1]))
    if math.isnan(answer.objective):
        return Answer(engine, bound=answer.bound, note="nothing found within its limit")
    return answer
