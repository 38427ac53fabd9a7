"""Hold what nobody has measured."""

from __future__ import annotations

from siting.plan.base import Part


class Assumption(Part):
    """Name one value that nobody has measured."""

    key: str
    value: str
    unit: str
    confidence: str
    source: str
