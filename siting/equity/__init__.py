"""Measure how fairly a plan serves districts, groups and people."""

from __future__ import annotations

from siting.equity.account import EquityAccount, equity_account
from siting.equity.indices import gini, palma

__all__ = ["EquityAccount", "equity_account", "gini", "palma"]
