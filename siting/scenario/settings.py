"""Hold what every settings file is made of: a title, sections of sourced numbers, and sources."""

from __future__ import annotations

from typing import TYPE_CHECKING

from siting.scenario.base import Section, key
from siting.scenario.sections import Source  # noqa: TC001 - pydantic reads it at run time

if TYPE_CHECKING:
    from collections.abc import Iterator


class Settings(Section):
    """Stand above every settings file: days of a grid study, a tariff, a carbon method."""

    name: str = key("-", "file name without .toml")
    title: str = key("-", "one line in English")
    title_zh: str = key("-", "one line in Chinese")
    sources: dict[str, Source] = key(
        "-", "where each number comes from: key with dots = { confidence, source }", default={}
    )

    def numbers(self) -> Iterator[tuple[str, object, str]]:
        """Yield the dotted place of each number, or list of numbers, with its value and unit."""
        for name in type(self).model_fields:
            if name not in Settings.model_fields:
                yield from _inside(name, getattr(self, name), _unit(self, name))

    def source_of(self, place: str) -> Source | None:
        """Return what speaks for a number: its own entry, or that of a table around it.

        In a table of named sections (``days.weekend.share``) an entry without the name
        (``days.share``) speaks for all of them.
        """
        parts = place.split(".")
        forms = [".".join(parts[:n]) for n in range(len(parts), 0, -1)]
        if len(parts) > 2:  # noqa: PLR2004 - table, name, key
            forms.insert(1, ".".join([parts[0], *parts[2:]]))
        return next((self.sources[form] for form in forms if form in self.sources), None)


def _unit(section: Section, name: str) -> str:
    extra = type(section).model_fields[name].json_schema_extra
    return str(extra["unit"]) if isinstance(extra, dict) and "unit" in extra else "-"


def _inside(place: str, value: object, unit: str) -> Iterator[tuple[str, object, str]]:
    if isinstance(value, Section):
        for name in type(value).model_fields:
            yield from _inside(f"{place}.{name}", getattr(value, name), _unit(value, name))
    elif isinstance(value, dict):
        for name, item in value.items():
            yield from _inside(f"{place}.{name}", item, unit)
    elif isinstance(value, tuple) and value and isinstance(value[0], Section):
        for number, item in enumerate(value, start=1):
            yield from _inside(f"{place}.{getattr(item, 'name', number)}", item, unit)
    elif _numeric(value):
        yield place, value, unit


def _numeric(value: object) -> bool:
    if isinstance(value, tuple):
        return bool(value) and all(_numeric(item) for item in value)
    return isinstance(value, int | float) and not isinstance(value, bool)
