"""Write the report: what was asked, the answer, how sure it is, and what it rests on.

In English and Chinese. Two printed pages are what is decided on; an annex lists every assumption
and every layer. Every number is one of the plan's; nothing is fetched, no script runs.
"""

from __future__ import annotations

from importlib import resources
from typing import TYPE_CHECKING

from siting.maps import report_parts as parts
from siting.maps import report_sources as rests
from siting.maps.figure import figure
from siting.maps.page import content_policy
from siting.maps.report_accounts import told
from siting.maps.report_equity import fairness
from siting.maps.report_futures import over_futures
from siting.maps.report_text import both_names, given, section
from siting.maps.simulation import fresh
from siting.maps.strings import STRINGS
from siting.maps.text import escaped

if TYPE_CHECKING:
    from siting.data.case import Case
    from siting.maps.accounts import Accounts
    from siting.plan import Document, Plan
    from siting.scenario import Equity


def render_report(
    plan: Plan, case: Case, accounts: Accounts | None = None, equity: Equity | None = None
) -> str:
    """Write the printable report as one HTML file that needs no network and no script.

    Parameters
    ----------
    plan
        The answer.
    case
        The city it is for.
    accounts
        What was asked of the plan afterwards, as `read_accounts` gives it.
    equity
        The scenario's section, whose groups are reported on.
    """
    document = plan.document
    accounts = fresh(accounts or {}, document)
    style = (resources.files("siting.maps") / "report.css").read_text(encoding="utf-8")
    first = [
        _head(document),
        parts.answer(document),
        _beside(
            section("r_question", parts.question(document)),
            section("r_proof", parts.proof(document)),
        ),
        section("r_figure", figure(document, case) + parts.figure_key(document)),
    ]
    second = [
        section("phases_title", parts.phases(document)),
        _beside(
            section("r_districts", parts.districts(plan)),
            section("r_limits", parts.limits(plan)),
        ),
        section("r_assumed", rests.assumed(document)),
        section("r_again", rests.again(document)),
    ]
    annex = [
        *([section("r_accounts", told(accounts))] if accounts else []),
        *([section("fu_title", over_futures(document))] if document.robust else []),
        section("r_equity", fairness(plan, case, equity)),
        section("assumptions_title", rests.assumptions(document)),
        section("r_sources", rests.sources(document, case)),
    ]
    body = [
        f'<div class="sheet">{"".join(first)}</div>',
        f'<div class="sheet">{"".join(second)}</div>',
        f'<div class="annex">{"".join(annex)}</div>',
    ]
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{content_policy([], [style])}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{escaped(document.provenance.scenario_title)}</title>\n<style>{style}</style>\n"
        f"</head>\n<body>\n<main>\n{''.join(body)}</main>\n</body>\n</html>\n"
    )


def _beside(left: str, right: str) -> str:
    return f'<div class="beside">{left}{right}</div>'


def _head(document: Document) -> str:
    provenance = document.provenance
    label = " / ".join(filter(None, (provenance.label, provenance.label_zh)))
    if not label and provenance.synthetic:
        label = " / ".join(STRINGS["synthetic_badge"])
    badge = f'<p class="badge">{given(label)}</p>' if label else ""
    return (
        f"<header>{badge}<p>{both_names(provenance.case_title, provenance.case_title_zh)}</p>"
        f"<h1>{given(provenance.scenario_title or document.name)}</h1>"
        f'<p class="zh-title" lang="zh-Hans">{given(provenance.scenario_title_zh)}</p></header>\n'
    )
