"""Turn a network into GeoJSON: lines and buses with their worst loading and voltage by phase."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from siting.grid.network.study import NetworkStudy

Json = dict[str, Any]
_DIGITS = 6


def drawing(study: NetworkStudy) -> Json:
    """Return a FeatureCollection, WGS-84; empty where the network lies elsewhere than the plan.

    Lines and transformers carry ``loading`` (a list: worst by phase, over the limit), buses
    ``low`` and ``high`` (p.u.), and their limits.

    Parameters
    ----------
    study
        The network's answer.
    """
    features: list[Json] = []
    if study.tied.attached.drawn:
        features = [*_elements(study), *_buses(study)]
    return {"type": "FeatureCollection", "phases": study.series.states.phases, "features": features}


def _elements(study: NetworkStudy) -> list[Json]:
    series = study.series
    e, b = series.circuit.elements, series.circuit.buses
    worst = _by_phase(study, series.loading / e.limit[:, None], most=True)
    features = []
    for place, kind in enumerate(e.kind):
        ends = [[b.lon[n], b.lat[n]] for n in e.between[place]]
        course = [list(point) for point in e.path[place]] or ends
        if kind != "line":  # a transformer stands at its last bus, or at its first
            course = [end for end in ends[::-1] if np.isfinite(end).all()][:1]
        if not course or not np.isfinite(course).all():
            continue
        rounded = [[round(float(x), _DIGITS), round(float(y), _DIGITS)] for x, y in course]
        line = len(rounded) > 1
        told = {"kind": kind, "index": int(e.index[place]), "name": e.names[place]}
        told |= {"loading": worst[place], "limit": float(e.limit[place])}
        shape = {"type": "LineString" if line else "Point"}
        features.append(_feature(shape | {"coordinates": rounded if line else rounded[0]}, told))
    return features


def _buses(study: NetworkStudy) -> list[Json]:
    series = study.series
    b = series.circuit.buses
    lowest = _by_phase(study, series.level, most=False)
    highest = _by_phase(study, series.level, most=True)
    features = []
    for place in np.flatnonzero(np.isfinite(b.lon) & (b.row >= 0)):
        told = {"kind": "bus", "index": int(b.index[place]), "name": b.names[place]}
        told |= {"kv": float(b.vn_kv[place]), "low": lowest[place], "high": highest[place]}
        told |= {"least": float(b.min_vm_pu[place]), "most": float(b.max_vm_pu[place])}
        where = [round(float(b.lon[place]), _DIGITS), round(float(b.lat[place]), _DIGITS)]
        features.append(_feature({"type": "Point", "coordinates": where}, told))
    return features


def _by_phase(study: NetworkStudy, values: Any, *, most: bool) -> list[list[float | None]]:  # noqa: ANN401 - floats
    """Return the worst value of each row by phase; None where there is none."""
    states, columns = study.series.states, []
    for phase in range(len(states.phases)):
        part = np.nan_to_num(values[:, states.of_phase(phase)], nan=-np.inf if most else np.inf)
        columns.append(part.max(axis=1) if most else part.min(axis=1))
    table = np.column_stack(columns)
    return [[round(float(v), 5) if np.isfinite(v) else None for v in row] for row in table]


def _feature(geometry: Json, properties: Json) -> Json:
    return {"type": "Feature", "geometry": geometry, "properties": properties}
