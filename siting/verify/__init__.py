"""Recompute a plan from its case and scenario, apart from all code that made it.

Nothing here comes from the models, the assembly or the Problem builder: formulas are restated
(`formulas`), driving times are found on an own graph (`reach`, `roadways`), and every number of the
document and its tables is compared with what they give. Which zone charges where is the plan's own
decision: that it can be done and adds up is checked; that none is better is what the bound claims.
"""

from __future__ import annotations

import logging
from dataclasses import replace
from typing import TYPE_CHECKING

from siting.verify.candidates import check_candidates
from siting.verify.equity import check_equity, check_least_share
from siting.verify.fixed import check_fixed
from siting.verify.mismatch import Ledger, Mismatch
from siting.verify.outcome import check_outcome
from siting.verify.provenance import check_provenance
from siting.verify.service import check_service
from siting.verify.state import read_state
from siting.verify.stations import check_stations
from siting.verify.substations import check_load
from siting.verify.targets import check_phases

if TYPE_CHECKING:
    from siting.data.case import Case
    from siting.plan import Plan
    from siting.scenario import Scenario

__all__ = ["Mismatch", "unmet_mismatch", "verify_plan", "with_unmet"]

logger = logging.getLogger(__name__)


def verify_plan(plan: Plan, case: Case, scenario: Scenario) -> list[Mismatch]:
    """Recompute every number of a plan and list those that do not hold.

    Parameters
    ----------
    plan
        The answer to check.
    case
        The city it answers for.
    scenario
        The question it answers.

    Returns
    -------
    mismatches
        In the order of the checks; empty if the plan is what its inputs give. Of a plan that is
        evaluated as given, requirements it does not meet stand at the end, marked as unmet.
    """
    ledger = Ledger(given=scenario.only_fixed)
    state = read_state(ledger, plan, case, scenario)
    check_stations(ledger, state)
    check_fixed(ledger, state)
    check_candidates(ledger.asked, state)
    served = check_service(ledger, state)
    check_phases(ledger, state, served)
    check_equity(ledger.asked, state, served)
    check_least_share(ledger, state, served)
    check_load(ledger, state)
    check_outcome(ledger, state, served)
    check_provenance(ledger, state)
    logger.info("verified %s: %d mismatches", plan.document.name, len(ledger.everything()))
    return ledger.everything()


def with_unmet(plan: Plan, found: list[Mismatch]) -> Plan:
    """Return a plan that says itself which requirements were found unmet, in words."""
    unmet = tuple(str(item) for item in found if item.unmet)
    return replace(plan, document=plan.document.model_copy(update={"unmet": unmet}))


def unmet_mismatch(plan: Plan, found: list[Mismatch]) -> list[Mismatch]:
    """Return a mismatch where a plan hides, or invents, a requirement it does not meet."""
    unmet = [str(item) for item in found if item.unmet]
    said = list(plan.document.unmet)
    if sorted(said) == sorted(unmet):
        return []
    lines = "; ".join(sorted(set(said) ^ set(unmet))[:3])
    return [Mismatch("unmet", f"{len(said)} requirements", f"{len(unmet)}, such as: {lines}")]
