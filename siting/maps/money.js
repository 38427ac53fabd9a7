// Money: only in the files of those who may see it.

const money = (cny, digits = 1) => num(missing(cny) ? null : cny / 1e6, digits);
Object.assign(MONEY, {
  tile({ kpis, budget_cny: budget }) {
    const note = missing(budget) ? t("no_budget") : t("of_budget", { budget: money(budget) });
    return tile("cost", money(kpis.capex_cny), "unit_mcny", note);
  },
  fact: (station) => station.capex_cny > 0 && ["cost", ...withUnit(money(station.capex_cny, 2), "unit_mcny")],
  column: { key: "cost_mcny", value: (phase) => money(phase.kpis.capex_cny, 0) },
  worth: (c) =>
    accountRow(
      "acc_worth_cny",
      `${money(c.value_cny)} · ${t(c.credit_eligible ? "acc_credit" : "acc_no_credit")}`,
    ),
  saved: (d) => accountRow("acc_saved_cny", money(d.cost_without_cny_year - d.cost_cny_year)),
  rows: (m) => [
    accountRow("acc_npv_cny", money(m.npv_cny)),
    accountRow("acc_back", inYears(m.payback_years)),
    accountRow("acc_kwh_cny", orNone(m.levelised_cny_kwh, num(m.levelised_cny_kwh, 3))),
    accountRow("acc_subsidy_cny", orNone(m.least_subsidy_cny_kw, num(m.least_subsidy_cny_kw))),
  ],
  tried: { cost: ["wi_cost_cny", (phase) => phase.kpis.capex_cny, { digits: 2, scale: 1e-6 }] },
  broken: (kpis, budget) =>
    !missing(budget) &&
    kpis.capex_cny > budget * (1 + 1e-9) &&
    t("wi_rule_budget", { more: money(kpis.capex_cny - budget, 2) }),
  cell: ["capex_cny", (station) => Math.round(station.capex_cny)],
});
