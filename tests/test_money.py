"""Money: what a plan earns and costs, by hand.

E1 is made larger in 2026 (800,000 CNY, 480 kW more), S2 opens in 2030 (2,100,000 CNY, 1,440 kW, 8
guns). On one flat day all year E1 gives 7,200 kWh a day to cars from 8,000, S2 14,400 from 16,000.
"""

from __future__ import annotations

from typing import Any

import pytest

from siting.cli.accounts import steps
from siting.errors import InputError
from siting.grid.money import Business, business
from siting.grid.tariff import FOLDER as TARIFF_FOLDER
from siting.grid.tariff import Tariff
from siting.grid.terms import FOLDER, Terms
from siting.scenario_io.settings import load_settings, shipped_settings
from tests.test_carbon import flat_energy
from tests.verify_case import asked
from tests.verify_plan import hand_plan

TERMS: dict[str, Any] = {
    "name": "hand",
    "title": "t",
    "title_zh": "款",
    "tariff": "hand",
    "service_fee_cny_kwh": 0.5,
    "pass_on": 1.0,
    "other_income_cny_station_year": 0.0,
    "opex_share": 0.1,
    "rent_cny_bay_month": 100.0,
    "subsidy_cny_kw": 0.0,
    "discount": 0.0,
    "life_years": 10.0,
}
TARIFF: dict[str, Any] = {
    "name": "hand",
    "title": "t",
    "title_zh": "价",
    "periods": ("all",) * 24,
    "buy_cny_kwh": {"all": 1.0, "dear": 2.0},
    "v2g_cny_kwh": {"all": 0.5, "dear": 0.5},
    "feed_in_cny_kwh": 0.4,
    "capacity_cny_kw_month": 0.0,
}


def deal(*, tariff: dict[str, Any] | None = None, **terms: Any) -> Business:  # noqa: ANN401 - any field
    """Return the hand plan's money, with terms or tariff changed."""
    return business(
        hand_plan().document,
        asked(),
        flat_energy(),
        ("flat",),
        Terms.model_validate({**TERMS, **terms}),
        Tariff.model_validate({**TARIFF, **(tariff or {})}),
    )


def test_a_plan_without_discount() -> None:
    """E1 a year: income 7,200 x 365 x 1.5 = 3,942,000; energy 8,000 x 365 x 1 = 2,920,000.

    Upkeep 80,000; no gun is added, so no rent: surplus 942,000. S2: income 7,884,000, energy
    5,840,000, upkeep 210,000, rent 8 x 1,200 = 9,600: surplus 1,824,400. Ten years of both less
    2,900,000 spent. Cost of a kWh: (2,900,000 + 10 x 9,059,600) / (10 x 7,884,000).
    """
    told = deal().summary()
    surplus = 942_000 + 1_824_400
    assert told["invested_cny"] == pytest.approx(2_900_000)
    assert told["income_cny_year"] - told["running_cny_year"] == pytest.approx(surplus)
    assert told["npv_cny"] == pytest.approx(10 * surplus - 2_900_000)
    assert told["payback_years"] == pytest.approx(2_900_000 / surplus)
    cost = 2_900_000 + 10 * (2_920_000 + 80_000 + 5_840_000 + 210_000 + 9_600)
    assert told["levelised_cny_kwh"] == pytest.approx(cost / (10 * 7_884_000))
    assert (told["stations"], told["stations_that_pay"]) == (2, 2)


def test_discounting() -> None:
    """At 10 % ten years are worth 6.1446 of one; S2 comes four years on and counts 0.6830 of it."""
    npv = dict(zip(deal(discount=0.1).stations, deal(discount=0.1).npv_cny(), strict=True))
    annuity = (1 - 1.1**-10) / 0.1
    assert npv["E1"] == pytest.approx(942_000 * annuity - 800_000)
    assert npv["S2"] == pytest.approx((1_824_400 * annuity - 2_100_000) * 1.1**-4)


def test_the_least_subsidy_makes_it_pay_exactly() -> None:
    """With no service fee the plan loses; at the least subsidy it is worth zero, below it less."""
    poor = deal(service_fee_cny_kwh=0.0, discount=0.05)
    least = poor.least_subsidy_cny_kw()
    assert least is not None
    assert least > 0
    assert float(poor.npv_cny(subsidy_cny_kw=least).sum()) == pytest.approx(0.0, abs=1e-3)
    assert float(poor.npv_cny(subsidy_cny_kw=least - 1).sum()) < 0
    assert deal().least_subsidy_cny_kw() == 0.0


def test_a_sweep_tells_who_pays() -> None:
    """1,920 kW at 1,000 CNY/kW are 1.92 M CNY, and the plan is worth that much more."""
    table = deal().sweep([0.0, 1000.0])
    assert table["subsidy_cny"].tolist() == [0.0, 1_920_000.0]
    assert table["npv_cny"].diff().iloc[1] == pytest.approx(1_920_000)
    assert table["payback_years"].iloc[1] == pytest.approx(980_000 / (942_000 + 1_824_400))


def test_hours_have_their_prices() -> None:
    """Half the day at 2 CNY: energy costs 1.5 on average, and drivers pay it as well."""
    periods = ("all",) * 12 + ("dear",) * 12
    dear, plain = deal(tariff={"periods": periods}), deal()
    assert dear.running.sum() - plain.running.sum() == pytest.approx(0.5 * 24_000 * 365)
    assert dear.income.sum() - plain.income.sum() == pytest.approx(0.5 * 21_600 * 365)


def test_a_kind_of_day_may_have_hours_of_its_own() -> None:
    """On a day named in the tariff its own periods count, on any other the ordinary ones."""
    other = {"days": {"flat": {"periods": ("dear",) * 24}}}
    assert deal(tariff=other).running.sum() > deal().running.sum()
    tariff = Tariff.model_validate({**TARIFF, **other})
    assert tariff.buy("flat").tolist() == [2.0] * 24
    assert tariff.buy("another").tolist() == [1.0] * 24


def test_capacity_is_charged_on_the_highest_load() -> None:
    """8,000 / 24 and 16,000 / 24 kW at 12 x 10 CNY a kW and year: 1,000 x 120."""
    more = deal(tariff={"capacity_cny_kw_month": 10.0}).running.sum() - deal().running.sum()
    assert more == pytest.approx(1000 * 120)


def test_a_period_without_a_price_is_refused() -> None:
    """The period is named, and the table it is missing from."""
    with pytest.raises(ValueError, match="buy_cny_kwh has no price for noon"):
        Tariff.model_validate({**TARIFF, "periods": ("noon",) * 24})


def test_shipped_terms_and_tariffs_are_sourced() -> None:
    """Every number says where it comes from; hot days have sharp hours."""
    (path,), (priced,) = shipped_settings(FOLDER), shipped_settings(TARIFF_FOLDER)
    terms = load_settings(Terms, path.stem, folder=FOLDER)
    tariff = load_settings(Tariff, priced.stem, folder=TARIFF_FOLDER)
    assert terms.tariff == tariff.name
    for settings in (terms, tariff):
        assert [w for w, _, _ in settings.numbers() if settings.source_of(w) is None] == []
    assert tariff.buy("hot").max() == 1.434
    assert tariff.buy("working").max() == 1.153


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("0:600:200", [0, 200, 400, 600]),
        ("0:1:0.5", [0, 0.5, 1]),
        ("150", [150]),
        ("0,90", [0, 90]),
    ],
)
def test_values_to_try(text: str, values: list[float]) -> None:
    """Ranges hold both ends; lists are taken as they are."""
    assert steps(text) == values


@pytest.mark.parametrize("text", ["", "a", "1:2", "3:1:1", "0:1:0", "-1", "nan", "0:1e9:1"])
def test_values_that_cannot_be_tried(text: str) -> None:
    """Each is refused by name."""
    with pytest.raises(InputError, match="--subsidy"):
        steps(text)
