"""Turn replications into estimates with confidence intervals."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from scipy.stats import t as student_t

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]


class Estimate(NamedTuple):
    """Hold means and the ends of their intervals, in one shape."""

    mean: Floats
    low: Floats
    high: Floats


def mean_of(values: Floats, confidence: float) -> Estimate:
    """Return the mean over replications and its Student interval.

    Replications are independent, so the interval holds for the mean of their means (A. M. Law,
    Simulation Modeling and Analysis, 5th ed., 2015, 9.4.1).

    Parameters
    ----------
    values
        (R, ...) one row a replication; nan where one has nothing to tell.
    confidence
        Of the interval.
    """
    known = np.isfinite(values)
    count = known.sum(axis=0)
    total = np.where(known, values, 0.0).sum(axis=0)
    mean = np.divide(total, count, out=np.full(count.shape, np.nan), where=count > 0)
    apart = np.where(known, values - mean, 0.0)
    spare = np.maximum(count - 1, 1)
    error = np.sqrt((apart**2).sum(axis=0) / spare / np.maximum(count, 1))
    half = np.where(count > 1, _quantile(spare, confidence) * error, np.nan)
    return Estimate(mean, mean - half, mean + half)


def ratio_of(above: Floats, below: Floats, confidence: float) -> Estimate:
    """Return a ratio of sums over replications and its Student interval.

    A mean over the drivers of an hour is such a ratio: their number differs between replications.
    The interval is that of the linearised ratio (W. G. Cochran, Sampling Techniques, 3rd ed., 1977,
    6.3), with R - 1 degrees of freedom.

    Parameters
    ----------
    above, below
        (R, ...) such as summed waits and numbers of drivers.
    confidence
        Of the interval.
    """
    runs = len(above)
    under = below.sum(axis=0)
    ratio = np.divide(above.sum(axis=0), under, out=np.full(under.shape, np.nan), where=under > 0)
    rest = np.where(under > 0, above - np.nan_to_num(ratio) * below, 0.0)
    error = np.sqrt((rest**2).sum(axis=0) / max(runs - 1, 1) / runs)
    half = np.divide(
        _quantile(np.array(max(runs - 1, 1)), confidence) * error * runs,
        under,
        out=np.full(under.shape, np.nan),
        where=under > 0,
    )
    return Estimate(ratio, ratio - half, ratio + half)


def most_unseen(count: Floats, confidence: float) -> Floats:
    """Return the highest share that is still likely where none of ``count`` was seen.

    The upper end of the exact binomial interval (C. J. Clopper and E. S. Pearson, Biometrika 26,
    1934), 1 - (alpha / 2)^(1 / n): an interval of the spread would be empty there.

    Parameters
    ----------
    count
        Looked at; 1 where none was.
    confidence
        Of the two-sided interval.
    """
    return np.asarray(1 - ((1 - confidence) / 2) ** (1 / np.maximum(count, 1e-9)))


def _quantile(freedom: NDArray[np.int64], confidence: float) -> Floats:
    return np.asarray(student_t.ppf((1 + confidence) / 2, freedom), dtype=np.float64)
