"""Placeholder."""

from __future__ import annotations


def render_report(plan: object, case: object) -> str:
    """Return nothing yet."""
    return f"{plan}{case}"
