"""Load HiGHS; where it cannot be loaded, let the rest load all the same.

A solver that falls back on another one must be able to say that HiGHS is missing instead of
failing on import.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self

from siting.errors import SolverError

if TYPE_CHECKING:
    import highspy

__all__ = ["highspy"]


class _Missing:
    """Stand in for highspy: its constants have names, and whoever calls it is told why not.

    Parameters
    ----------
    why
        What kept it from loading.
    """

    def __init__(self, why: str) -> None:
        self._why = why

    def __getattr__(self, name: str) -> Self:
        if name.startswith("__"):
            raise AttributeError(name)
        return self

    def __call__(self, *_args: Any, **_options: Any) -> Any:  # noqa: ANN401 - as highspy has it
        msg = f"HiGHS cannot be loaded: {self._why}. Install highspy again."
        raise SolverError(msg)


if not TYPE_CHECKING:
    try:
        import highspy
    except (ImportError, OSError) as error:
        highspy = _Missing(str(error))
