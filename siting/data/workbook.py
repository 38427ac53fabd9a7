"""Read a sheet of a workbook as text, as if it were a CSV file."""

from __future__ import annotations

import zipfile
from contextlib import closing
from typing import TYPE_CHECKING

import pandas as pd

from siting.data.findings import shown

if TYPE_CHECKING:
    from pathlib import Path


def read_sheet(path: Path, sheet: str | None) -> pd.DataFrame:
    """Read a sheet, its header as the first row.

    Parameters
    ----------
    path
        The workbook (.xlsx).
    sheet
        Name of the sheet; the first one if None.

    Returns
    -------
    cells
        Text, '' where empty; of a formula its last value.

    Raises
    ------
    ValueError
        If it is no workbook, or has no such sheet; names those it has.
    """
    import openpyxl  # noqa: PLC0415 - only workbooks need it
    from openpyxl.utils.exceptions import InvalidFileException  # noqa: PLC0415

    try:
        book = openpyxl.load_workbook(path, read_only=True, data_only=True)
    except (zipfile.BadZipFile, KeyError, InvalidFileException) as error:
        msg = "it is not an .xlsx workbook"
        raise ValueError(msg) from error
    with closing(book):
        names = book.sheetnames
        if sheet is not None and sheet not in names:
            msg = f'no sheet {shown(sheet)}; name one with layer = "...": {", ".join(names)}'
            raise ValueError(msg)
        rows = list(book[sheet or names[0]].iter_rows(values_only=True))
    cells = [["" if cell is None else str(cell) for cell in row] for row in rows]
    return pd.DataFrame(cells or [[""]], dtype=str)
