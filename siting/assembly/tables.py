"""Say which zone charges where, and how well each zone is served."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from siting.plan import SERVICE_COLUMNS, ZONE_COLUMNS

if TYPE_CHECKING:
    from siting.assembly.answer import Answer


def service_table(answer: Answer) -> pd.DataFrame:
    """Return one row for each phase, zone and station with energy between them."""
    p = answer.problem
    phase, pair = np.nonzero(answer.solution.energy_kwh)
    names = (np.array(p.phases, dtype=object), np.array(p.zones, dtype=object))
    columns = (
        names[0][phase],
        names[1][p.pair_zone[pair]],
        np.array(p.sites, dtype=object)[p.pair_site[pair]],
        answer.solution.energy_kwh[phase, pair],
        p.pair_minutes[pair],
    )
    return pd.DataFrame(dict(zip(SERVICE_COLUMNS, columns, strict=True)))


def zone_table(answer: Answer) -> pd.DataFrame:
    """Return one row for each phase and zone."""
    p = answer.problem
    phases, zones = p.demand_kwh.shape
    driven = np.array(
        [
            np.bincount(p.pair_zone, weights=row * p.pair_minutes, minlength=zones)
            for row in answer.solution.energy_kwh
        ]
    )
    minutes = np.full(driven.shape, np.nan)
    np.divide(driven, answer.served_zone, out=minutes, where=answer.served_zone > 0)
    columns = (
        np.repeat(np.array(p.phases, dtype=object), zones),
        np.tile(np.array(p.zones, dtype=object), phases),
        np.tile(answer.case.zones["district"].to_numpy(object), phases),
        p.demand_kwh.ravel(),
        answer.served_zone.ravel(),
        answer.covered.ravel(),
        minutes.ravel(),
    )
    return pd.DataFrame(dict(zip(ZONE_COLUMNS, columns, strict=True)))
