// Money: only in the files of those who may see it.

const money = (cny, digits = 1) => num(missing(cny) ? null : cny / 1e6, digits);
Object.assign(MONEY, {
  tile({ kpis, budget_cny: budget }) {
    const note = missing(budget) ? t("no_budget") : t("of_budget", { budget: money(budget) });
    return tile("cost", money(kpis.capex_cny), "unit_mcny", note);
  },
  fact: (station) => station.capex_cny > 0 && ["cost", ...withUnit(money(station.capex_cny, 2), "unit_mcny")],
  column: { key: "cost_mcny", value: (phase) => money(phase.kpis.capex_cny, 0) },
  cell: ["capex_cny", (station) => Math.round(station.capex_cny)],
});
