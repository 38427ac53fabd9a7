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
  counted: (sites, types) => ({ capex_cny: sites.reduce((sum, s) => sum + costAt(s, types[s]), 0) }),
  broken: ({ kpis, budget_cny: budget }) =>
    !missing(budget) &&
    kpis.capex_cny > budget * (1 + 1e-9) &&
    t("wi_rule_budget", { more: money(kpis.capex_cny - budget, 2) }),
  cell: ["capex_cny", (station) => Math.round(station.capex_cny)],
});

// What-if: what a site costs once it holds a type; an upgrade saves a part of what stood there.
function costAt(s, k) {
  if (k < 0) return 0;
  const first = WHAT.sites.initial[s];
  const { credit, extra } = WHAT.money;
  if (first < 0) return WHAT.types[k].cny + extra[s];
  return k === first ? 0 : WHAT.types[k].cny - credit * WHAT.types[first].cny;
}
