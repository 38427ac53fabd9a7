"""Turn a file's raw columns into the columns a layer declares, and say which cells do not fit."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from siting.data.findings import shown
from siting.data.nearest import did_you_mean

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from siting.data.case_file import LayerSpec, Scalar
    from siting.data.findings import Findings
    from siting.data.schema import Column, LayerSchema

_CONTROLS = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")
_REPLACEMENT = "\ufffd"
_TRUE = ("true", "yes", "1", "1.0", "t", "y")
_FALSE = ("false", "no", "0", "0.0", "f", "n", "")


@dataclass(frozen=True, eq=False)
class Source:
    """Hold what is needed to read columns and to say where they are wrong."""

    frame: pd.DataFrame
    rows: NDArray[np.int64]
    layer: str
    where: str
    """File and layer."""
    findings: Findings

    def missing(self, name: str, our: str) -> None:
        """Record that a column is not in the file."""
        mend = did_you_mean(name, map(str, self.frame.columns))
        how = f'Map it: columns = {{ {our} = "..." }} under [layers.{self.layer}].'
        self.findings.fault(self.where, f"has no column {shown(name)}", f"{mend} {how}", field=name)


def declared_columns(source: Source, spec: LayerSpec, schema: LayerSchema) -> pd.DataFrame:
    """Return every declared column of a layer, typed, defaults filled in.

    Parameters
    ----------
    source
        The file's columns.
    spec
        Column map, constants and id prefix.
    schema
        What the layer declares.

    Returns
    -------
    table
        (n,) rows; where cells do not fit there is a fault, and the values are not to be used.
    """
    columns: dict[str, object] = {}
    for column in schema.columns:
        name = spec.columns.get(column.name, column.name)
        if column.name in spec.constants:
            values = _constant(spec.constants[column.name], len(source.frame))
        elif name and name in source.frame.columns:
            values = source.frame[name]
        elif column.required or (name and column.name in spec.columns):
            source.missing(name or column.name, column.name)
            continue
        else:
            values = _constant("", len(source.frame))
        columns[column.name] = _typed(source, values, column, name)
    table = pd.DataFrame(columns, index=range(len(source.frame)))
    if "id" in table:
        _check_ids(source, table["id"], spec.columns.get("id", "id"))
        table["id"] = spec.id_prefix + table["id"]
        if "name" in table:
            table["name"] = table["name"].where(table["name"] != "", table["id"])
    return table


def text_of(values: pd.Series) -> pd.Series:
    """Return cells as text, stripped; '' where empty; whole numbers without a decimal point."""
    if pd.api.types.is_float_dtype(values):
        numbers = values.to_numpy(dtype=np.float64)
        whole = np.isfinite(numbers) & (numbers == np.round(numbers))
        text = [
            str(int(number)) if is_whole else ("" if np.isnan(number) else str(number))
            for number, is_whole in zip(numbers, whole, strict=True)
        ]
        return pd.Series(text, index=values.index, dtype=object)
    filled = values.astype(object).where(values.notna(), "")
    return filled.map(str).str.strip().astype(object)


def numbers_of(values: pd.Series) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """Return cells as numbers (NaN where empty), and which cells are not numbers at all."""
    if pd.api.types.is_numeric_dtype(values) and not pd.api.types.is_bool_dtype(values):
        return values.to_numpy(dtype=np.float64, na_value=np.nan), np.zeros(len(values), bool)
    text = text_of(values)
    numbers = pd.to_numeric(text, errors="coerce").to_numpy(dtype=np.float64)
    empty = text.str.lower().isin(["", "nan"]).to_numpy()
    return numbers, np.asarray(np.isnan(numbers) & ~empty)


def _constant(value: Scalar, count: int) -> pd.Series:
    return pd.Series([value] * count, dtype=object)


def _typed(source: Source, values: pd.Series, column: Column, name: str) -> object:
    values = values.reset_index(drop=True)
    if column.kind == "number":
        return _numbers(source, values, column, name)
    if column.kind == "flag":
        return _flags(source, values, name)
    text = text_of(values)
    if column.required:
        mend = f"Fill it in: {column.meaning}."
        source.findings.rows(
            source.where, text == "", lambda _: "is empty", mend, rows=source.rows, field=name
        )
    elif column.default is None:
        filled = [value or None for value in text]
        return pd.Series(filled, index=text.index, dtype=object)
    elif column.default:
        return text.where(text != "", column.default)
    return text


def _numbers(source: Source, values: pd.Series, column: Column, name: str) -> NDArray[np.float64]:
    numbers, bad = numbers_of(values)
    unit = "" if column.unit == "-" else f" in {column.unit}"

    def record(which: NDArray[np.bool_], reason: str) -> None:
        source.findings.rows(
            source.where,
            which,
            lambda place: f"{shown(values.iloc[place])} {reason}" if reason[:2] == "is" else reason,
            f"Write a number{unit}: {column.meaning}.",
            rows=source.rows,
            field=name,
        )

    record(bad, "is not a number")
    empty = np.isnan(numbers) & ~bad
    if column.required:
        source.findings.rows(
            source.where,
            empty,
            lambda _: "is empty (or NaN)",
            f"Write a number{unit}: {column.meaning}.",
            rows=source.rows,
            field=name,
        )
    record(np.isinf(numbers), "is not finite")
    low = numbers <= column.low if column.open_low else numbers < column.low
    record((low | (numbers > column.high)) & np.isfinite(numbers), f"is not {column.range_text}")
    if isinstance(column.default, float):
        numbers = np.where(empty, column.default, numbers)
    return numbers


def _flags(source: Source, values: pd.Series, name: str) -> NDArray[np.bool_]:
    text = text_of(values).str.lower()
    source.findings.rows(
        source.where,
        ~text.isin([*_TRUE, *_FALSE]),
        lambda place: f"{shown(values.iloc[place])} is neither true nor false",
        "Write true or false.",
        rows=source.rows,
        field=name,
    )
    return np.asarray(text.isin(_TRUE))


def _check_ids(source: Source, ids: pd.Series, name: str) -> None:
    source.findings.rows(
        source.where,
        ids.str.contains(_CONTROLS).to_numpy(),
        lambda place: f"{shown(_CONTROLS.sub(_REPLACEMENT, ids.iloc[place]))} holds a control sign",
        "Take it out: line breaks and signs that cannot be seen do not belong in an id.",
        rows=source.rows,
        field=name,
    )
    twice = (ids.duplicated() & (ids != "")).to_numpy()
    if not twice.any():
        return
    first = pd.Series(source.rows).groupby(ids.to_numpy(), sort=False).transform("first")
    source.findings.rows(
        source.where,
        twice,
        lambda place: f"{shown(ids.iloc[place])} stands already in row {first.iloc[place]}",
        "Give every row an id of its own.",
        rows=source.rows,
        field=name,
    )
