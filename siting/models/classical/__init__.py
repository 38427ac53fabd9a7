"""Answer the classical questions of location science on one set of arrays.

Each function takes a :class:`Question` and an :class:`~siting.models.effort.Effort`, and returns a
:class:`Choice`: which sites open, what that is worth, and the proven bound.
"""

from __future__ import annotations

from siting.models.classical.backup_cover import backup_cover
from siting.models.classical.facility import facility
from siting.models.classical.max_cover import max_cover
from siting.models.classical.p_center import p_center
from siting.models.classical.p_dispersion import p_dispersion
from siting.models.classical.p_median import p_median
from siting.models.classical.question import Choice, Limits, Question
from siting.models.classical.set_cover import set_cover

__all__ = [
    "Choice",
    "Limits",
    "Question",
    "backup_cover",
    "facility",
    "max_cover",
    "p_center",
    "p_dispersion",
    "p_median",
    "set_cover",
]
