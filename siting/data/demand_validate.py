"""Fit demand on part of the measured hours, and tell the error on the rest, beside naive guesses.

Only shapes are compared, never levels: each week of a zone is divided by its own sum, and zones are
compared by their shares of the whole.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy.stats import spearmanr

from siting.data.demand_history import HOURS_A_WEEK
from siting.errors import CaseError, Fault

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from siting.data.demand_history import History

    Floats = NDArray[np.float64]

_FOLDS = 6
_RECENT = 4
_LEAST_TRAINING = 4
ROLLING = "last week's same hour"
EQUAL = "equal share"


@dataclass(frozen=True)
class Score:
    """Hold how well one guess does."""

    guess: str
    baseline: bool
    """Whether it is naive, for comparison."""
    error: float
    """Share of the energy put in the wrong hour, or in the wrong zone: half the sum of absolute
    differences of shares."""
    beside: float | None
    """For hours, the error for all zones' sum; for zones, Spearman's rank correlation."""


@dataclass(frozen=True)
class Validation:
    """Hold what a validation found."""

    zones: int
    left_out: tuple[str, ...]
    """Zones without any charging in some week: a week without energy has no shape."""
    training_weeks: int
    held_out_weeks: int
    hours: tuple[Score, ...]
    """Hourly shape of held-out weeks, mean over zones and weeks."""
    shares: tuple[Score, ...]
    """Zones' shares of held-out energy; each zone guessed from others, in six folds."""

    def verdicts(self) -> tuple[str, ...]:
        """Say in words what the figures show, and where a naive guess wins."""
        return (
            _verdict("Hours of a zone", self.hours, ROLLING),
            _verdict("Shares of zones", self.shares, EQUAL),
            *(
                f"{score.guess!r} is no better than {other.guess!r} "
                f"({100 * score.error:.1f} against {100 * other.error:.1f} %)."
                for scores in (self.hours, self.shares)
                for score in scores
                if not score.baseline
                for other in [_best(scores, baseline=True)]
                if score.error >= other.error
            ),
        )


def _best(scores: tuple[Score, ...], *, baseline: bool) -> Score:
    return min((s for s in scores if s.baseline is baseline), key=lambda score: score.error)


def _verdict(what: str, scores: tuple[Score, ...], against: str) -> str:
    fit = _best(scores, baseline=False)
    naive = next(score for score in scores if score.guess == against)
    which = "wins over" if fit.error < naive.error else "loses to"
    return (
        f"{what}: the best fit, {fit.guess!r} ({100 * fit.error:.1f} %), {which} "
        f"{against!r} ({100 * naive.error:.1f} %)."
    )


def validate(history: History, *, weeks: int = 4) -> Validation:
    """Fit on all but the last weeks, and measure the error on these.

    Parameters
    ----------
    history
        Measured hours.
    weeks
        Held out, at the end.

    Raises
    ------
    CaseError
        If there are fewer than four whole weeks before these, or fewer than three zones.
    """
    count = len(history.volume) // HOURS_A_WEEK
    if weeks < 1 or count - weeks < _LEAST_TRAINING:
        what = f"{count} whole weeks cannot give {weeks} held out and {_LEAST_TRAINING} to fit on"
        msg = "There are too few measured weeks:"
        raise CaseError(msg, [Fault("volume.csv", what, "Give more hours, or hold fewer out.")])
    series = history.volume[-count * HOURS_A_WEEK :].T.reshape(-1, count, HOURS_A_WEEK)
    whole = (series.sum(axis=2) > 0).all(axis=1) & (history.piles > 0)
    if whole.sum() < 3:  # noqa: PLR2004 - fewer cannot be told from one another
        msg = "There are too few zones that charge in every week and have piles:"
        raise CaseError(msg, [Fault("volume.csv", f"{int(whole.sum())}", "Give three or more.")])
    kept = series[whole]
    return Validation(
        zones=len(kept),
        left_out=tuple(np.array(history.zones)[~whole].tolist()),
        training_weeks=count - weeks,
        held_out_weeks=weeks,
        hours=_hour_scores(kept, weeks),
        shares=_share_scores(kept, history.piles[whole], weeks),
    )


def _hour_scores(series: Floats, weeks: int) -> tuple[Score, ...]:
    """Score guesses of the 168 hourly shares of each held-out week; series is (Z, W, 168)."""
    city = series.sum(axis=0, keepdims=True)
    alone = _hour_guesses(_shapes(series), _shapes(city), weeks)
    summed = _hour_guesses(_shapes(city), _shapes(city), weeks)
    truth, city_truth = _shapes(series)[:, -weeks:], _shapes(city)[:, -weeks:]
    baselines = {ROLLING, "last week before, kept", "every hour alike"}
    return tuple(
        Score(
            name,
            name in baselines,
            _misplaced(guess, truth),
            _misplaced(summed[name], city_truth),
        )
        for name, guess in alone.items()
    )


def _hour_guesses(shape: Floats, city: Floats, weeks: int) -> Mapping[str, Floats]:
    """Return each guess of the held-out weeks, broadcast to (Z, weeks, 168)."""
    known, city_known = shape[:, :-weeks], city[:, :-weeks]
    by_day = city_known.reshape(*city_known.shape[:2], 7, 24).mean(axis=(1, 2))
    return {
        "city's day": np.tile(by_day, 7)[:, None],
        "city's week": city_known.mean(axis=1, keepdims=True),
        "zone's week": known.mean(axis=1, keepdims=True),
        f"zone's week, last {_RECENT}": known[:, -_RECENT:].mean(axis=1, keepdims=True),
        ROLLING: shape[:, -weeks - 1 : -1],
        "last week before, kept": known[:, -1:],
        "every hour alike": np.full((1, 1, HOURS_A_WEEK), 1 / HOURS_A_WEEK),
    }


def _shapes(series: Floats) -> Floats:
    return np.asarray(series / series.sum(axis=2, keepdims=True))


def _misplaced(guess: Floats, truth: Floats) -> float:
    """Return the mean share of a week's energy that a guess puts in the wrong hour."""
    return float((np.abs(guess - truth).sum(axis=2) / 2).mean())


def _share_scores(series: Floats, piles: Floats, weeks: int) -> tuple[Score, ...]:
    """Score guesses of each zone's share of the energy of the held-out weeks."""
    before, truth = series[:, :-weeks].sum(axis=(1, 2)), series[:, -weeks:].sum(axis=(1, 2))
    guesses = {
        "piles": _from_others(before, piles, power=False),
        "piles to a fitted power": _from_others(before, piles, power=True),
        EQUAL: np.ones(len(truth)),
        "its own weeks before": before,
    }
    return tuple(
        Score(name, name in {EQUAL, "its own weeks before"}, *_shared(guess, truth))
        for name, guess in guesses.items()
    )


def _from_others(before: Floats, piles: Floats, *, power: bool) -> Floats:
    """Guess each zone's energy from the piles and the energy of the zones of other folds."""
    fold = np.arange(len(piles)) % _FOLDS
    guess = np.empty(len(piles))
    for held in np.unique(fold):
        out = fold == held
        slope, level = 1.0, float(np.log(before[~out].sum() / piles[~out].sum()))
        if power and len(np.unique(piles[~out])) > 1:
            slope, level = np.polyfit(np.log(piles[~out]), np.log(before[~out]), 1).tolist()
        guess[out] = np.exp(level) * piles[out] ** slope
    return guess


def _shared(guess: Floats, truth: Floats) -> tuple[float, float | None]:
    error = float(np.abs(guess / guess.sum() - truth / truth.sum()).sum() / 2)
    alike = len(np.unique(guess)) == 1 or len(np.unique(truth)) == 1
    return error, None if alike else float(spearmanr(guess, truth).statistic)
