r"""Measure inequality: the Gini coefficient and the Palma ratio, weighted.

With people (or demand) :math:`p_i` who get :math:`v_i` each, in rising order of :math:`v`, the
Lorenz curve joins the points :math:`(\sum_{j \le i} p_j, \sum_{j \le i} p_j v_j)`, both as shares
(M. O. Lorenz, Publications of the American Statistical Association 9, 1905).

.. math::

    \text{Gini} = 1 - 2 \int_0^1 L(x)\, dx, \qquad \text{Palma} = \frac{1 - L(0.9)}{L(0.4)}

C. Gini, Variabilita e mutabilita, 1912; J. G. Palma, Development and Change 42, 2011, and A. Cobham
& A. Sumner, Center for Global Development Working Paper 343, 2013. Gini is 0 where all get the same
and nears 1 where one gets all; Palma is what the tenth that gets most has over what the four tenths
that get least have, 0.25 where all get the same.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

TOP, BOTTOM = 0.9, 0.4
"""Where Palma cuts the Lorenz curve."""


def lorenz(value: Floats, weight: Floats) -> tuple[Floats, Floats]:
    """Return the Lorenz curve: shares of people and of what they get, from 0 to 1.

    Parameters
    ----------
    value
        (n,) what each of a place's people gets; not negative.
    weight
        (n,) how many they are; places without any do not count.

    Returns
    -------
    people, got
        (m + 1,) each; empty where there is nobody, or nothing to get.
    """
    some = weight > 0
    value, weight = value[some], weight[some]
    got = value * weight
    if not len(value) or not got.sum() > 0:
        return np.empty(0), np.empty(0)
    order = np.argsort(value, kind="stable")
    people = np.append(0.0, np.cumsum(weight[order]))
    sums = np.append(0.0, np.cumsum(got[order]))
    return people / people[-1], sums / sums[-1]


def gini(value: Floats, weight: Floats) -> float | None:
    """Return the Gini coefficient, from 0 to 1; None where there is nobody, or nothing to get.

    Parameters
    ----------
    value, weight
        As `lorenz` takes them.
    """
    people, got = lorenz(value, weight)
    if not len(people):
        return None
    area = float(np.sum(np.diff(people) * (got[1:] + got[:-1])))
    return max(0.0, 1.0 - area)


def palma(value: Floats, weight: Floats) -> float | None:
    """Return the Palma ratio; None where the four tenths that get least get nothing at all.

    Parameters
    ----------
    value, weight
        As `lorenz` takes them.
    """
    people, got = lorenz(value, weight)
    if not len(people):
        return None
    least = float(np.interp(BOTTOM, people, got))
    most = 1.0 - float(np.interp(TOP, people, got))
    return most / least if least > 0 else None
