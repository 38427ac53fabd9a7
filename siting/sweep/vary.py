"""Read ``--vary ratio=0.5:1.5:0.1``: what to vary, and over which values."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal, InvalidOperation

from siting.errors import Fault, ScenarioError

Value = bool | int | float | str

MOST_VALUES = 10_000
_WORDS = {"true": True, "false": False}
_MEND = "Write a:b:step for a range, such as 0.5:1.5:0.1, or a list such as 1,2,3."
_ENDS, _ENDS_AND_STEP = 2, 3


@dataclass(frozen=True)
class Vary:
    """Hold one thing that is varied, and its values."""

    key: str
    """A short name, or a dotted key of the scenario."""
    values: tuple[Value, ...]
    """In the order given; of a range without a step its two ends."""
    between: bool = False
    """Whether any number between the two ends will do."""


def parse_vary(text: str, *, sampled: bool = False) -> Vary:
    """Return what one ``--vary`` says.

    Parameters
    ----------
    text
        ``KEY=VALUES``: a list with commas, each item a value or a range ``a:b:step``.
    sampled
        Whether a range may go without its step.

    Raises
    ------
    ScenarioError
        If it cannot be read, or a range is empty.
    """
    key, sign, rest = text.partition("=")
    key = key.strip()
    if not sign or not key or not rest.strip():
        raise _refused(text, "is not KEY=VALUES", _MEND)
    items = [item.strip() for item in rest.split(",")]
    if "" in items:
        raise _refused(text, "has an empty value", _MEND)
    if sampled and len(items) == 1 and items[0].count(":") == 1:
        ends = tuple(_number(text, part) for part in items[0].split(":"))
        if ends[0] >= ends[1]:
            raise _refused(text, f"the range {items[0]} is empty", "Give the lesser end first.")
        return Vary(key, tuple(_plain(end) for end in ends), between=True)
    values = [value for item in items for value in _values(text, item)]
    twice = [value for n, value in enumerate(values) if value in values[:n]]
    if twice:
        raise _refused(text, f"gives {twice[0]} twice", "Take one out.")
    return Vary(key, tuple(values))


def _values(text: str, item: str) -> list[Value]:
    if ":" not in item:
        return [_literal(item)]
    parts = item.split(":")
    if len(parts) == _ENDS:
        mend = f"Give its step, such as {item}:0.1; only --sample does without."
        raise _refused(text, f"the range {item} has no step", mend)
    if len(parts) != _ENDS_AND_STEP:
        raise _refused(text, f"{item} is no range", _MEND)
    first, last, step = (_number(text, part) for part in parts)
    if not step:
        raise _refused(text, f"the range {item} has a step of 0", _MEND)
    count = int((last - first) / step) + 1
    if (last - first) / step < 0:
        mend = "Its step leads away from its end: turn the step's sign, or the ends."
        raise _refused(text, f"the range {item} is empty", mend)
    if count > MOST_VALUES:
        mend = f"Take a wider step: {MOST_VALUES:,} values at most."
        raise _refused(text, f"the range {item} holds {count:,} values", mend)
    return [_plain(first + n * step) for n in range(count)]


def _number(text: str, part: str) -> Decimal:
    try:
        number = Decimal(part.strip())
    except InvalidOperation:
        number = Decimal("NaN")
    if not number.is_finite():
        raise _refused(text, f"{part.strip()!r} is no number", _MEND)
    return number


def _literal(item: str) -> Value:
    if item in _WORDS:
        return _WORDS[item]
    try:
        number = Decimal(item)
    except InvalidOperation:
        return item
    return _plain(number) if number.is_finite() else item


def _plain(number: Decimal) -> int | float:
    """Return a whole number as one, so that it may stand for a count."""
    return int(number) if number == number.to_integral_value() else float(number)


def _refused(text: str, what: str, mend: str) -> ScenarioError:
    msg = "What to vary cannot be read."
    return ScenarioError(msg, [Fault(f"--vary {text}", what, mend)])
