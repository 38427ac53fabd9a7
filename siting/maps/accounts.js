// What was asked of the plan afterwards: carbon, storage, and (where it may be seen) money.

const orNone = (value, text) => (missing(value) ? t("none") : text);
const inYears = (value) => orNone(value, t("acc_years", { n: num(value, 1) }));
function accountRow(key, value) {
  return h("div", { class: "account" }, h("dt", {}, t(key)), h("dd", {}, value));
}
function carbonRows(c) {
  return [
    accountRow("acc_avoided", t("acc_tonnes", { n: num(c.net_avoided_t), years: num(c.horizon_years) })),
    accountRow("acc_embodied", `${num(c.embodied_t)} t`),
    accountRow("acc_back", inYears(c.payback_years)),
    MONEY.worth && MONEY.worth(c),
    h("p", { class: "fine" }, given(c.citation)),
  ];
}
function dispatchRows(d) {
  return [
    accountRow("acc_battery", `${num(d.battery_mwh, 1)} MWh`),
    accountRow("acc_pv", `${num(d.pv_mw, 1)} MW`),
    accountRow("acc_v2g", num(d.v2g_stations)),
    accountRow("acc_peak", `${num(d.peak_without_mw, 1)} → ${num(d.peak_mw, 1)} MW`),
    accountRow("acc_over", `${num(d.hours_over_without)} → ${num(d.hours_over)} h`),
    MONEY.saved && MONEY.saved(d),
  ];
}
function networkRows(n) {
  const last = n.phases[n.phases.length - 1];
  const hosting = (key, found) => found && accountRow(key, `${num(found.least_kw)} – ${num(found.most_kw)} kW`);
  return [
    accountRow("net_tied", `${num(n.tied)} / ${num(n.stations)}`),
    accountRow("net_loading", percent(last.loading)),
    accountRow("net_voltage", `${num(last.lowest_vm_pu, 3)} – ${num(last.highest_vm_pu, 3)} p.u.`),
    accountRow("net_over", t("net_over_value", { n: num(last.elements_over), own: num(last.elements_over_by_stations) })),
    accountRow("net_hours", `${num(last.hours_over_per_year)} h`),
    accountRow("net_curtail", `${num(last.curtailed_most_kw)} kW · ${num(last.curtailed_mwh_year, 1)} MWh`),
    hosting("net_hosting", n.hosting.without),
    hosting("net_hosting_beside", n.hosting.beside),
    h("p", { class: "fine" }, given(n.network)),
  ];
}
function accounts() {
  const all = { ...PLAN.accounts, simulation: PLAN.simulation };
  const parts = [
    ["simulation", "acc_simulation", simulationRows],
    ["carbon", "acc_carbon", carbonRows],
    ["dispatch", "acc_dispatch", dispatchRows],
    ["network", "acc_network", networkRows],
    ["money", "acc_money", MONEY.rows],
  ];
  return parts
    .filter(([key]) => all[key])
    .map(([key, title, rows]) => [
      h("h2", {}, t(title)),
      h("dl", { class: "accounts", "data-account": key }, rows(all[key])),
    ]);
}
