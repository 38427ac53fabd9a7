"""Let one engine answer one question in this process, and print what it took, as JSON."""

from __future__ import annotations

import json
import resource
import sys
import time
from pathlib import Path


def cpu_s() -> float:
    """Return CPU seconds of this process and of those that it started and has seen end."""
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(one.ru_utime + one.ru_stime for one in used)


def peak_mb() -> float:
    """Return the highest resident memory of this process, or of the largest that it started.

    On Linux ``ru_maxrss`` counts that of the parent at the fork as well, so the kernel's own mark
    for this process goes before it.
    """
    status = Path("/proc/self/status")
    lines = status.read_text().splitlines() if status.exists() else []
    marks = [float(line.split()[1]) for line in lines if line.startswith("VmHWM:")]
    own = marks[0] if marks else resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return max(own, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss) / 1024


def main(text: str) -> None:
    """Print what an engine found."""
    asked = json.loads(text)
    most = int(asked["memory_gb"] * (1 << 30))
    resource.setrlimit(resource.RLIMIT_AS, (most, most))
    from siting.bench.questions import Ask, make  # noqa: PLC0415 - within the limit
    from siting.models.effort import Effort  # noqa: PLC0415 - within the limit
    from siting.models.peers import answer, load, worth  # noqa: PLC0415 - within the limit

    ask = Ask(**asked["ask"])
    question = make(ask)
    effort = Effort(ask.gap, asked["seconds"], ask.seed, asked["threads"])
    load(asked["engine"])
    cpu, wall = cpu_s(), time.perf_counter()
    told = answer(asked["engine"], ask.kind, question, effort)
    taken = {"cpu_s": cpu_s() - cpu, "wall_s": time.perf_counter() - wall, "peak_mb": peak_mb()}
    objective = worth(ask.kind, question, told.opened)
    found = {"objective": objective, "bound": float(told.bound)}
    sys.stdout.write("\n" + json.dumps(taken | found) + "\n")


if __name__ == "__main__":
    main(sys.argv[1])
