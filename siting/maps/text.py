"""Make any text safe to stand in a page, whatever a planner's data contain.

Data reach a page in two ways only: inside a JSON block that our own script reads and shows with
``textContent``, or escaped in the report. Neither passes through a template engine.
"""

from __future__ import annotations

import html
import json
import math
import re
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

_MARKUP = {ord("<"): "\\u003c", ord(">"): "\\u003e", ord("&"): "\\u0026"}
_LINE_ENDS = {0x2028: "\\u2028", 0x2029: "\\u2029"}
_NOT_IN_HTML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ufdd0-\ufdef\ufffe\uffff]")


def well_formed(text: str) -> str:
    """Replace lone surrogates, which no UTF-8 file can hold, by U+FFFD.

    Parameters
    ----------
    text
        Any text.
    """
    if text.isascii():
        return text
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")


def escaped(text: object) -> str:
    """Escape a value to stand in HTML text or in a quoted attribute.

    Parameters
    ----------
    text
        Anything; shown as ``str`` gives it. Control characters HTML does not allow become U+FFFD.
    """
    return html.escape(_NOT_IN_HTML.sub("\ufffd", well_formed(str(text))), quote=True)


def json_block(name: str, data: Any) -> str:  # noqa: ANN401 - anything JSON can hold
    """Write data as a JSON block that no value can break out of.

    Parameters
    ----------
    name
        The block's element id, a constant of ours.
    data
        Anything JSON can hold; NaN is refused.

    Raises
    ------
    ValueError
        If a number is not finite.
    """
    text = json.dumps(data, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    safe = well_formed(text).translate(_MARKUP | _LINE_ENDS)
    return f'<script type="application/json" id="{name}">{safe}</script>\n'


def lean(value: float, digits: int = 1) -> float | None:
    """Round a number, and write a whole one without a point: a map holds thousands of them.

    Parameters
    ----------
    value
        Any number; None comes back where it is not finite.
    digits
        To keep behind the point.
    """
    if not math.isfinite(value):
        return None
    rounded = round(float(value), digits)
    return int(rounded) if rounded.is_integer() else rounded


def lean_all(values: NDArray[np.float64], digits: int = 1) -> list[float | None]:
    """Round many numbers as :func:`lean` does.

    Parameters
    ----------
    values
        (n,) numbers.
    digits
        To keep behind the point.
    """
    rounded: list[float] = np.round(values, digits).tolist()
    if not np.isfinite(values).all():
        return [lean(value, digits) for value in rounded]
    return [int(value) if value.is_integer() else value for value in rounded]
