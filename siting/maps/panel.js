// The panel: phase, key figures, proof, tables, and where everything comes from.

const $ = (id) => document.getElementById(id);
const ratioNow = () => PHASES[state.phase].ratio;
const formUnit = () => t(PLAN.ratio.form === "guns" ? "ratio_guns" : "ratio_stations");

function labelBadge() {
  const { label, label_zh: labelZh, synthetic } = PLAN.provenance;
  const labels_ = { en: label || labelZh, zh: labelZh || label };
  const told = [...new Set(VIEW.languages.map((name) => labels_[name]))].filter(Boolean).join(" / ");
  const text = told || (synthetic ? TEXT.synthetic_badge.join(" / ") : "");
  return text && h("span", { class: "label-badge", title: t("label_hint") }, given(text));
}
function renderBar() {
  const p = PLAN.provenance;
  document.documentElement.lang = state.lang === "zh" ? "zh-Hans" : "en";
  document.title = [choose(p.scenario_title, p.scenario_title_zh), choose(p.case_title, p.case_title_zh)]
    .filter(Boolean)
    .join(" · ");
  const parts = [
    h(
      "div",
      { class: "titles" },
      h(
        "p",
        { class: "over" },
        given(choose(p.case_title, p.case_title_zh)),
        labelBadge(),
        VIEW.audience !== "planner" && h("span", { class: "badge" }, t(`for_${VIEW.audience}`)),
        trying() && h("span", { class: "badge over" }, `▲ ${t("wi_flag")}`),
      ),
      h("h1", {}, given(choose(p.scenario_title, p.scenario_title_zh) || PLAN.name)),
    ),
    VIEW.languages.length > 1 && h(
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
  ];
  $("bar").replaceChildren(...parts.filter(Boolean));
  $("skip").textContent = t("skip");
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
    ratioNow().city.target ? ` / ${num(ratioNow().city.target, 2)} · ` : " · ",
    h("b", {}, percent(k.demand_served_share, 0)),
    ` ${t("served_word")}`,
  );
}

const TABS = {
  overview,
  districts: districtsTable,
  stations: stationsTable,
  ...(VIEW.audience !== "public" && { grid: gridTable }),
  ...(read("siting-what-if")?.senseless === null && { what_if: whatIfView }),
  about,
};
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
