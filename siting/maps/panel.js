// The panel: phase, key figures, proof, tables, and where everything comes from.

const $ = (id) => document.getElementById(id);
const ratioNow = () => PHASES[state.phase].ratio;
const formUnit = () => t(PLAN.ratio.form === "guns" ? "ratio_guns" : "ratio_stations");

function labelBadge() {
  const { label, label_zh: labelZh, synthetic } = PLAN.provenance;
  const text = [label, labelZh].filter(Boolean).join(" / ") || (synthetic ? TEXT.synthetic_badge.join(" / ") : "");
  return text && h("span", { class: "label-badge", title: t("label_hint") }, given(text));
}
function renderBar() {
  const p = PLAN.provenance;
  document.documentElement.lang = state.lang === "zh" ? "zh-Hans" : "en";
  document.title = [choose(p.scenario_title, p.scenario_title_zh), choose(p.case_title, p.case_title_zh)]
    .filter(Boolean)
    .join(" · ");
  $("bar").replaceChildren(
    h(
      "div",
      { class: "titles" },
      h("p", { class: "over" }, given(choose(p.case_title, p.case_title_zh)), labelBadge()),
      h("h1", {}, given(choose(p.scenario_title, p.scenario_title_zh) || PLAN.name)),
    ),
    h(
      "button",
      {
        class: "lang",
        type: "button",
        id: "lang",
        "aria-label": t("switch_language"),
        onclick: () => setLanguage(state.lang === "zh" ? "en" : "zh"),
      },
      state.lang === "zh" ? "EN" : "中文",
    ),
  );
}

// Phase: a slider with named stops. Built once per language, so that it keeps the keyboard's focus.
function renderPhase() {
  const last = PHASES.length - 1;
  $("phase").replaceChildren(
    h("label", { for: "phase-range" }, t("phase")),
    h("output", { id: "phase-name", for: "phase-range" }),
    ...(last > 0 ? phaseStops(last) : []),
    h("p", { id: "summary", class: "summary", "aria-live": "polite" }),
  );
}
function phaseStops(last) {
  return [
    h("input", {
      type: "range",
      id: "phase-range",
      min: 0,
      max: last,
      step: 1,
      value: state.phase,
      oninput: (e) => setPhase(Number(e.target.value)),
    }),
    h(
      "div",
      { class: "stops", "aria-hidden": "true" },
      PHASES.map((p, i) => h("span", { style: { "--at": i / last }, onclick: () => setPhase(i) }, given(p.name))),
    ),
  ];
}
function updatePhase() {
  const phase = PHASES[state.phase];
  const k = phase.kpis;
  $("phase-name").replaceChildren(given(phase.name), h("span", { class: "date" }, phase.date));
  const range = $("phase-range");
  if (range) {
    range.value = state.phase;
    range.setAttribute("aria-valuetext", `${phase.name}, ${phase.date}`);
    range.style.setProperty("--done", `${(100 * state.phase) / (PHASES.length - 1)}%`);
  }
  document.querySelectorAll(".stops span").forEach((stop, i) => stop.classList.toggle("now", i === state.phase));
  $("summary").replaceChildren(
    h("b", {}, num(k.stations_open)),
    ` ${t("stations_word")} · `,
    h("b", {}, ratioText(ratioNow().city)),
    ` / ${num(ratioNow().city.target, 2)} · `,
    h("b", {}, percent(k.demand_served_share, 0)),
    ` ${t("served_word")}`,
  );
}

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
      h("span", {}, ` ${t("of_target", { target: num(city.target, 2) })}`),
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
  const { kpis: k, budget_cny: budget } = PHASES[state.phase];
  return h(
    "dl",
    { class: "tiles" },
    tile(
      "stations",
      num(k.stations_open),
      null,
      t("stations_note", { new: num(k.stations_new), upgraded: num(k.stations_upgraded) }),
    ),
    tile("guns", num(k.guns), "unit_guns"),
    tile("served", percent(k.demand_served_share), null, t("of_demand", { demand: num(k.demand_kwh_day / 1000, 1) })),
    tile("covered", percent(k.demand_covered_share), null, t("covered_note")),
    tile("access", num(k.access_minutes_mean, 1), "unit_min", t("access_note", { p95: num(k.access_minutes_p95, 1) })),
    tile("peak", num(k.peak_mw, 1), "unit_mw", t("peak_note")),
    tile(
      "cost",
      money(k.capex_cny),
      "unit_mcny",
      missing(budget) ? t("no_budget") : t("of_budget", { budget: money(budget) }),
    ),
    tile("gap", proof(PLAN.outcome.gap), null, t(`outcome_${PLAN.outcome.status}`)),
  );
}
function proofSentence() {
  const o = PLAN.outcome;
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
  const short = ratioNow().districts.filter((d) => !missing(d.ratio) && !meets(d));
  const [tight] = ranked();
  const over = PLAN.substations.filter(isOver);
  return h(
    "ul",
    { class: "findings" },
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
    column("cost_mcny", (p) => money(p.kpis.capex_cny, 0)),
  ];
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
function overview() {
  return [
    ratioHero(),
    PLAN.answer && h("p", { class: "proof" }, choose(...PLAN.answer)),
    tiles(),
    h("h2", {}, t("findings_title")),
    findings(),
    h("h2", {}, t("proof_title")),
    h("p", { class: "proof" }, proofSentence()),
    h("p", { class: "fine" }, given(PLAN.outcome.method)),
    phasesTable(),
  ];
}

const TABS = { overview, districts: districtsTable, stations: stationsTable, grid: gridTable, about };
function renderTabs() {
  const names = Object.keys(TABS);
  $("tabs").replaceChildren(
    ...names.map((name) =>
      h(
        "button",
        {
          type: "button",
          role: "tab",
          id: `tab-${name}`,
          "aria-controls": `view-${name}`,
          "aria-selected": String(name === state.tab),
          tabindex: name === state.tab ? 0 : -1,
          onclick: () => setTab(name),
          onkeydown: (e) => {
            const step = { ArrowRight: 1, ArrowLeft: -1 }[e.key];
            if (!step) return;
            setTab(names[(names.indexOf(name) + step + names.length) % names.length]);
            $(`tab-${state.tab}`).focus();
          },
        },
        t(`tab_${name}`),
      ),
    ),
  );
  for (const name of names) {
    const view =
      $(`view-${name}`) ||
      $("views").appendChild(
        h("section", {
          id: `view-${name}`,
          class: "view",
          role: "tabpanel",
          "aria-labelledby": `tab-${name}`,
          tabindex: 0,
        }),
      );
    view.hidden = name !== state.tab;
  }
}
const renderView = (name) => $(`view-${name}`).replaceChildren(...[TABS[name]()].flat(Infinity).filter(Boolean));
