"""Measure siting beside its peers on this machine."""

from __future__ import annotations

import math
from dataclasses import asdict
from importlib.util import find_spec
from pathlib import Path  # noqa: TC003 - typer reads it at run time
from typing import Annotated, Any, Literal

import typer

from siting.cli.options import AsJson, NoProgress  # noqa: TC001 - typer reads them
from siting.cli.show import answer, print_json, print_table, progress
from siting.errors import InputError


def bench(
    *,
    sizes: Annotated[
        Literal["tiny", "small", "city"], typer.Option(help="How large the questions are.")
    ] = "small",
    only: Annotated[str, typer.Option(help="Kinds, as the table names them; with commas.")] = "",
    seconds: Annotated[float, typer.Option(min=1, help="Of each solver.")] = 10.0,
    markdown: Annotated[Path | None, typer.Option(help="Also write the table there.")] = None,
    as_json: AsJson = False,
    quiet: NoProgress = False,
) -> None:
    """Measure siting beside plain PuLP and spopt, on synthetic questions, as ratios."""
    from siting.bench import table  # noqa: PLC0415 - heavy
    from siting.bench.questions import SIZES  # noqa: PLC0415 - heavy
    from siting.bench.run import ask_all  # noqa: PLC0415 - heavy

    asks = SIZES[sizes]
    if markdown is not None and not markdown.absolute().parent.is_dir():
        msg = f"--markdown {markdown}: there is no such folder. Make it first."
        raise InputError(msg)
    if find_spec("resource") is None:
        msg = "siting bench needs Linux or macOS: it limits the memory of each engine."
        raise InputError(msg)
    wanted = {name.strip() for name in only.split(",")} if only else {ask.kind for ask in asks}
    if unknown := sorted(wanted - {ask.kind for ask in asks}):
        kinds = ", ".join(ask.kind for ask in asks)
        msg = f"--only {unknown[0]}: no such kind. Give some of {kinds}."
        raise InputError(msg)
    cells, documents = [], []
    with progress(quiet=quiet) as report:
        for ask in (ask for ask in asks if ask.kind in wanted):
            answers = ask_all(ask, seconds, progress=report)
            cells += table.rows(ask, answers)
            found = [_plain(asdict(item)) for item in answers]
            bound = table.best_bound(ask, answers)
            documents.append(_plain(asdict(ask) | {"best_bound": bound}) | {"answers": found})
    if markdown is not None:
        markdown.write_text(table.markdown(cells, table.conditions()), encoding="utf-8")
    if as_json:
        print_json({"ok": True, "label": "synthetic", "questions": documents})
        return
    print_table(table.HEADER, cells, title="Synthetic questions; x: over siting's own figure")
    answer("Gaps are to the best bound that any engine proved.")


def _plain(values: dict[str, Any]) -> dict[str, Any]:
    """Return values with None for nan, which JSON lacks."""
    return {
        key: None if isinstance(value, float) and math.isnan(value) else value
        for key, value in values.items()
    }
