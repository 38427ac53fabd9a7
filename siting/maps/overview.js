// The overview: is the target reached, the key figures, what to look at, how sure it all is.

function tile(key, value, unit, note) {
  return h(
    "div",
    { class: "tile", "data-kpi": key },
    h("dt", {}, t(`kpi_${key}`)),
    h("dd", {}, h("b", {}, value), unit && h("span", { class: "unit" }, ` ${t(unit)}`), note && h("small", {}, note)),
  );
}
function ratioHero() {
  const { city } = ratioNow();
  const most = Math.max(city.target, city.ratio || 0, 1e-9) * 1.05;
  const met = meets(city);
  const against = PLAN.ratio.form === "guns" ? city.nozzles : city.fuel_stations;
  const have = PLAN.ratio.form === "guns" ? city.guns : city.stations;
  const short = Math.ceil(city.target * (against || 0) - 1e-9) - have;
  return h(
    "section",
    { class: "hero", "data-kpi": "ratio" },
    h("p", { class: "hero-title" }, formUnit()),
    h(
      "p",
      { class: "hero-value" },
      h("b", {}, ratioText(city)),
      h("span", {}, ` ${city.target ? t("of_target", { target: num(city.target, 2) }) : t("no_target")}`),
      city.target > 0 &&
        h(
          "span",
          { class: met ? "goal met" : "goal short" },
          met ? `✓ ${t("reached")}` : `▼ ${t("short_by", { n: num(short) })}`,
        ),
    ),
    h(
      "div",
      { class: "bar", "aria-hidden": "true" },
      h("i", { style: { width: `${(100 * (city.ratio || 0)) / most}%` } }),
      h("s", { style: { left: `${(100 * city.target) / most}%` } }),
    ),
    h(
      "p",
      { class: "hero-note" },
      t(PLAN.ratio.form === "guns" ? "guns_against" : "stations_against", { have: num(have), against: num(against) }),
    ),
  );
}
function tiles() {
  const phase = PHASES[state.phase];
  const k = phase.kpis;
  const over = PLAN.substations.filter(isOver).length;
  const all = {
    stations: () =>
      tile(
        "stations",
        num(k.stations_open),
        null,
        t("stations_note", { new: num(k.stations_new), upgraded: num(k.stations_upgraded) }),
      ),
    guns: () => tile("guns", num(k.guns), "unit_guns", t("guns_note")),
    served: () =>
      tile("served", percent(k.demand_served_share), null, t("of_demand", { demand: num(k.demand_kwh_day / 1000, 1) })),
    covered: () => tile("covered", percent(k.demand_covered_share), null, t("covered_note")),
    access: () =>
      tile(
        "access",
        num(k.access_minutes_mean, 1),
        "unit_min",
        t("access_note", { p95: num(k.access_minutes_p95, 1) }),
      ),
    peak: () => tile("peak", num(k.peak_mw, 1), "unit_mw", t("peak_note")),
    over: () => tile("over", num(over), null, t("over_note", { all: num(PLAN.substations.length) })),
    cost: () => MONEY.tile && MONEY.tile(phase),
    gap: () => isProved() && tile("gap", proof(PLAN.outcome.gap), null, t(`proved_${PLAN.outcome.status}`)),
  };
  return h(
    "dl",
    { class: "tiles" },
    KPIS_FOR[VIEW.audience].map((key) => all[key]()),
  );
}
const KPIS_FOR = {
  planner: ["stations", "guns", "served", "covered", "access", "peak", "cost", "gap"],
  grid: ["peak", "over", "stations", "guns", "served", "gap"],
  public: ["stations", "guns", "served", "covered", "access", "gap"],
};
// For the grid, the first thing to know is where it is tightest.
function gridHero() {
  if (!PLAN.substations.length) return null;
  const [[s, i]] = ranked();
  const step = stepAt(s);
  const most = Math.max(1, step.loading) * 1.05;
  return h(
    "section",
    { class: "hero", "data-kpi": "tightest" },
    h("p", { class: "hero-title" }, t("hero_grid")),
    h(
      "p",
      { class: "hero-value" },
      h("b", {}, percent(step.loading, 1)),
      h("span", {}, t("hero_grid_note", { hour: hour(step.worst_hour) })),
      h(
        "span",
        { class: isOver(s) ? "goal short" : "goal met" },
        isOver(s) ? `▲ ${t("over_limit")}` : `✓ ${t("within_limit")}`,
      ),
    ),
    h(
      "div",
      { class: "bar", "aria-hidden": "true" },
      h("i", { style: { width: `${(100 * step.loading) / most}%` } }),
      h("s", { style: { left: `${100 / most}%` } }),
    ),
    h(
      "p",
      { class: "hero-note" },
      goButton("substations", i, named(s)),
      ` · ${t("of_limit", { load: num(step.worst_mw, 1), limit: num(limitAt(s), 1) })}`,
    ),
  );
}
// Of what was tried, or given as it is, nothing is proved.
const isProved = () => !trying() && PLAN.outcome.status !== "given";
function proofSentence() {
  const o = PLAN.outcome;
  if (!isProved()) return t(trying() ? "wi_flag_text" : "proof_given_bare");
  if (missing(o.objective)) return t(o.status === "optimal" ? "proof_optimal_bare" : "proof_bare", { gap: proof(o.gap) });
  const values = {
    gap: proof(o.gap),
    objective: num(o.objective, digitsFor(o.objective)),
    bound: num(o.bound, digitsFor(o.bound)),
    unit: o.objective_unit,
    unit_zh: t(`objective_${o.objective_kind}`),
  };
  return t(o.status === "optimal" ? "proof_optimal" : "proof_feasible", values);
}
const digitsFor = (value) => (Math.abs(value) >= 1000 || Number.isInteger(value) ? 0 : 2);
function findings() {
  const asked = ratioNow().districts.filter((d) => d.target > 0);
  const short = asked.filter((d) => !missing(d.ratio) && !meets(d));
  const [tight] = ranked();
  const over = PLAN.substations.filter(isOver);
  return h(
    "ul",
    { class: "findings" },
    asked.length > 0 &&
      h(
        "li",
        { class: short.length ? "warn" : "good" },
        short.length
          ? [
              t("districts_short", { n: num(short.length) }),
              short.slice(0, 4).map((d, i) => [i > 0 && t("list_comma"), given(named(d))]),
              short.length > 4 && " …",
            ]
          : t("districts_met"),
      ),
    tight &&
      h(
        "li",
        { class: isOver(tight[0]) ? "warn" : "good" },
        h(
          "button",
          { type: "button", class: "link", onclick: () => goTo("substations", tight[1]) },
          given(named(tight[0])),
        ),
        " ",
        t(isOver(tight[0]) ? "tightest_over" : "tightest", {
          loading: percent(stepAt(tight[0]).loading, 1),
          hour: hour(stepAt(tight[0]).worst_hour),
        }),
      ),
    over.length > 0 &&
      h(
        "li",
        { class: "warn" },
        t("over_findings", {
          n: num(over.length),
          all: num(PLAN.substations.length),
          base: num(over.filter(isOverBare).length),
        }),
      ),
    (PLAN.unmet || []).length > 0 &&
      !trying() &&
      h(
        "li",
        { class: "warn" },
        t("unmet", { n: num(PLAN.unmet.length) }),
        " ",
        PLAN.unmet.slice(0, 5).map((text, i) => [i > 0 && "; ", given(text)]),
        PLAN.unmet.length > 5 && " …",
      ),
    PLAN.unreached.zones.length > 0 &&
      h(
        "li",
        { class: "warn" },
        t("unreached", { n: num(PLAN.unreached.zones.length), demand: num(PLAN.unreached.zone_demand_kwh_day) }),
      ),
  );
}
function phasesTable() {
  const column = (key, value) => ({ key, value });
  const rows = [
    column("kpi_stations", (p) => num(p.kpis.stations_open)),
    column("ratio", (p) => ratioText(p.ratio.city)),
    column("kpi_served", (p) => percent(p.kpis.demand_served_share, 0)),
    MONEY.column,
  ].filter(Boolean);
  return h(
    "table",
    { class: "phases" },
    h("caption", {}, t("phases_title")),
    h(
      "thead",
      {},
      h(
        "tr",
        {},
        h("th", { scope: "col" }, t("phase")),
        rows.map((r) => h("th", { scope: "col", class: "n" }, t(r.key))),
      ),
    ),
    h(
      "tbody",
      {},
      PHASES.map((p, i) =>
        h(
          "tr",
          { class: i === state.phase && "now" },
          h(
            "th",
            { scope: "row" },
            h("button", { type: "button", class: "link", onclick: () => setPhase(i) }, given(p.name)),
          ),
          rows.map((r) => h("td", { class: "n" }, r.value(p))),
        ),
      ),
    ),
  );
}
function proofLimits() {
  const n = num(PLAN.assumptions.length);
  return t(PLAN.provenance.synthetic ? "proof_limits_synthetic" : "proof_limits", { n });
}
function overview() {
  return [
    VIEW.audience === "grid" && gridHero(),
    ratioHero(),
    trying() && h("p", { class: "notice" }, h("b", {}, `▲ ${t("wi_flag")}`), " ", t("wi_flag_text")),
    PLAN.answer && !trying() && h("p", { class: "proof" }, choose(...PLAN.answer)),
    tiles(),
    h("h2", {}, t("findings_title")),
    findings(),
    h("h2", {}, t("proof_title")),
    h("p", { class: "proof" }, proofSentence()),
    h("p", { class: "fine" }, proofLimits()),
    isProved() && h("p", { class: "fine" }, t("method"), " ", given(PLAN.outcome.method)),
    phasesTable(),
    !trying() && futures(),
    !trying() && accounts(),
    read("siting-what-if")?.senseless && h("p", { class: "fine" }, t(`wi_senseless_${read("siting-what-if").senseless}`)),
  ];
}
