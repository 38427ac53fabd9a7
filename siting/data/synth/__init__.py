"""Make stylised cities from published figures.

A city of this kind has the real one's land, districts, people, fuel stations and peak load as far
as they are published, and streets, sites and substations that are made up. It is for showing,
testing and measuring, never for deciding; every layer says ``synthetic``.
"""

from __future__ import annotations

from siting.data.synth.cache import cached_case
from siting.data.synth.generate import generate_case

__all__ = ["cached_case", "generate_case"]
