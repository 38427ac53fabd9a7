"""Print what a real network says to a plan."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from siting.cli.show import answer, print_table

if TYPE_CHECKING:
    from siting.grid.network.study import NetworkStudy

_SHOWN = 8


def network_document(found: NetworkStudy) -> dict[str, Any]:
    """Return a network's answer for ``--json``."""
    from siting.grid.network.folder import summary  # noqa: PLC0415 - heavy
    from siting.grid.network.tables import breach_table  # noqa: PLC0415 - heavy

    rows = breach_table(found.series).to_dict("records")
    told = [{key: None if value != value else value for key, value in row.items()} for row in rows]  # noqa: PLR0124 - NaN
    return summary(found) | {"breaches": told}


def print_network(found: NetworkStudy) -> None:
    """Print a network's answer."""
    from siting.grid.network.folder import summary  # noqa: PLC0415 - heavy

    told = summary(found)
    answer(f"Network {told['network']}: {told['tied']} of {told['stations']} stations have a bus.")
    for row in told["apart"][:_SHOWN]:
        away = row["nearest_m"]
        far = "no bus has a place" if away is None else f"the nearest bus is {away:,.0f} m away"
        answer(f"  not checked: station {row['station']}, {far}")
    if len(told["apart"]) > _SHOWN:
        answer(f"  ... and {len(told['apart']) - _SHOWN} more")
    for note in told["notes"]:
        answer(f"  note: {note}")
    header = [
        "phase",
        "stations, MW",
        "loading",
        "voltage, p.u.",
        "over",
        "h a year",
        "curtail, kW",
    ]
    print_table([*header, "MWh a year"], [_phase(row) for row in told["phases"]])
    _breaches(found)
    for name, words in (("without", "without the plan"), ("beside", "beside the plan")):
        if row := told["hosting"].get(name):
            answer(
                f"Hosting capacity {words}: {row['least_kw']:,.0f} to {row['most_kw']:,.0f} kW a "
                f"bus, {row['median_kw']:,.0f} in the middle (each bus by itself)."
            )
    sure = told["confirmed"]
    answer(
        f"pandapower's own power flow of {sure['hours']} hours: differs by at most "
        f"{sure['largest_difference']:.1e}; curtailed hours are "
        f"{'clean' if sure['clean'] else 'NOT clean'}."
    )


def _phase(row: dict[str, Any]) -> list[str]:
    low, high = row["lowest_vm_pu"], row["highest_vm_pu"]
    return [
        row["phase"],
        f"{row['stations_mw']:,.2f}",
        "-" if row["loading"] is None else f"{row['loading']:.1%}",
        "-" if low is None or high is None else f"{low:.3f} to {high:.3f}",
        f"{row['elements_over']} ({row['elements_over_by_stations']} by stations)",
        f"{row['hours_over_per_year']:,.0f}",
        f"{row['curtailed_most_kw']:,.1f}",
        f"{row['curtailed_mwh_year']:,.1f}",
    ]


def _breaches(found: NetworkStudy) -> None:
    from siting.grid.network.blame import blame  # noqa: PLC0415 - heavy

    table = blame(found)
    if found.holds:
        answer("Every line, transformer and bus holds, in every phase and hour.")
        return
    worst = table.sort_values("depth", ascending=False, kind="stable").head(_SHOWN)
    rows = [
        [
            str(r["station"]),
            str(r["phase"]),
            f"{r['kind']} {r['index_']} {r['name']}",
            f"{r['day']} {r['hour']:02d}:00",
            f"{r['value']:.3f} (limit {r['limit']:.3f})",
            f"{r['share']:.0%}",
            "yes" if r["base_alone"] else "no",
        ]
        for r in worst.to_dict("records")
    ]
    header = ["station", "phase", "limit passed", "worst", "value", "its part", "without it too"]
    print_table(header, rows, title="Deepest breaches, and the stations with a part in them:")
