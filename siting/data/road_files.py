"""placeholder"""

from __future__ import annotations
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path
    from siting.data.case_file import LayerSpec
    from siting.data.findings import Findings
    from siting.data.roads import Roads


def read_roads(path: Path, spec: LayerSpec, findings: Findings) -> Roads | None:
    return None
