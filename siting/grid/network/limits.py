"""Hold what a network may bear, and where stations may be connected: a settings file's model."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, model_validator

from siting.scenario.base import NotNegative, Positive, Section, key
from siting.scenario.settings import Settings

FOLDER = "network"
DEFAULT = "china-mv"

PerUnit = Annotated[float, Field(gt=0, le=2)]


class Hosting(Section):
    """Say how far and how finely hosting capacity is looked for."""

    most_kw: Positive = key("kW", "where the search ends")
    tolerance_kw: Positive = key("kW", "width of the bracket around the answer")

    @model_validator(mode="after")
    def _finer(self) -> Hosting:
        if self.tolerance_kw > self.most_kw:
            msg = f"tolerance_kw is {self.tolerance_kw:g}, more than most_kw, {self.most_kw:g}"
            raise ValueError(msg)
        return self


class NetworkLimits(Settings):
    """Hold the limits of a network, where its own file names none."""

    min_vm_pu: PerUnit = key("p.u.", "lowest voltage of a bus without min_vm_pu")
    max_vm_pu: PerUnit = key("p.u.", "highest voltage of a bus without max_vm_pu")
    line_share: PerUnit = key("share", "highest loading of a line without max_loading_percent")
    transformer_share: PerUnit = key(
        "share", "highest loading of a transformer without max_loading_percent"
    )
    bus_min_kv: NotNegative = key("kV", "lowest nominal voltage of a bus that takes a station")
    bus_max_kv: Positive = key("kV", "highest nominal voltage of a bus that takes a station")
    reach_m: Positive = key("m", "farthest a station may be from its bus, in a straight line")
    hosting: Hosting = key("-", "search for hosting capacity")

    @model_validator(mode="after")
    def _bands(self) -> NetworkLimits:
        for low, high in (("min_vm_pu", "max_vm_pu"), ("bus_min_kv", "bus_max_kv")):
            least, most = vars(self)[low], vars(self)[high]
            if least >= most:
                msg = f"{low} is {least:g}, not below {high}, {most:g}"
                raise ValueError(msg)
        return self
