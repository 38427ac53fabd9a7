// Around the maps: the bar, tabs for a phone, what is shown, and the tables.

const first = PLANS[0];
const FIGURES = ["ratio", "target", "stations", "covered_share", "served_share", "access_minutes", "capex_cny", "peak_mw"];
const COUNTS = CHANGES;
state.measure = "covered_share";
function choiceBar(label, options, current, pick) {
  return h(
    "div",
    { class: "choice", role: "group", "aria-label": label },
    options.map(([key, text]) =>
      h("button", { type: "button", "aria-pressed": String(key === current), onclick: () => pick(key) }, text),
    ),
  );
}
// Phases that every plan has, by name; the last is each plan's own.
const shared = first.phases.map(([name]) => name).filter((name) => PLANS.every((p) => p.phases.some(([n]) => n === name)));
const PHASE_CHOICES = ["last", ...shared];

function renderBar() {
  const label = choose(...PLAN.label);
  $("bar").replaceChildren(
    h(
      "div",
      {},
      h("h1", {}, t("cmp_title")),
      h("p", { class: "soft" }, given(choose(...PLAN.case)), label && h("span", { class: "badge" }, given(label))),
    ),
    choiceBar(t("cmp_show"), ["changes", "stations", "grid"].map((m) => [m, t(`cmp_mode_${m}`)]), state.mode, setMode),
    choiceBar(t("cmp_phase"), PHASE_CHOICES.map((p) => [p, p === "last" ? t("cmp_last") : p]), state.phase, setPhase),
    h("button", { type: "button", id: "language", onclick: () => setLanguage(state.lang === "en" ? "zh" : "en") }, t("switch_language")),
  );
}
function renderTabs() {
  $("tabs").replaceChildren(
    choiceBar(t("cmp_plans"), PLANS.map((p, i) => [i, p.letter]), state.plan, (i) => {
      state.plan = i;
      renderTabs();
    }),
  );
  for (const { number, head } of views) head.parentElement.dataset.shown = number === state.plan ? "yes" : "no";
}
function renderHeads() {
  for (const { plan, number, head } of views) {
    const made = phaseOf(plan) < 0 ? null : figure(plan.letter, "city");
    const counts = number && made ? countsOf(plan) : null;
    const said = counts
      ? CHANGES.map((c) => h("span", { class: "count" }, drawn(changeSymbol(c), 18), `${t(`cmp_${c}`)} ${num(counts[c])}`))
      : h("span", { class: "count" }, made ? t("cmp_first", { stations: num(made.stations) }) : t("cmp_no_phase"));
    head.replaceChildren(
      h("h2", { title: choose(...plan.title) }, h("b", {}, plan.letter), " ", given(plan.name)),
      h("p", { class: "soft" }, said),
    );
  }
}
const countsOf = (plan) =>
  Object.fromEntries(CHANGES.map((c) => [c, plan.changes[state.phase].filter((item) => item.change === c).length]));

// Figures of a plan, in the phase chosen, of the city or a district.
function figure(letter, district) {
  const f = PLAN.figures;
  const plan = PLANS.find((p) => p.letter === letter);
  const phase = plan.phases[phaseOf(plan)]?.[0];
  const at = f.plan.findIndex((p, i) => p === letter && f.phase[i] === phase && f.district[i] === district);
  return at < 0 ? null : Object.fromEntries(Object.keys(f).map((key) => [key, f[key][at]]));
}
function written(key, value, difference = false) {
  if (missing(value)) return "–";
  const [shown, digits] =
    { ratio: [value, 3], target: [value, 3], stations: [value, 0], covered_share: [value * 100, 1], served_share: [value * 100, 1] }[key] ??
    { capex_cny: [value / 1e6, 1], access_minutes: [value, 1], peak_mw: [value, 1] }[key] ?? [value, 0];
  return difference ? signed(shown, digits) : num(shown, digits);
}
function cell(key, value, base) {
  const differs = !missing(value) && !missing(base) && written(key, value) !== written(key, base);
  return h("td", {}, written(key, value), differs && h("small", {}, ` ${written(key, value - base, true)}`));
}
const table = (heads, rows) =>
  h("div", { class: "wide" }, h("table", {}, h("thead", {}, h("tr", {}, heads.map((x) => h("th", { scope: "col" }, x)))), h("tbody", {}, rows)));

function renderFigures() {
  const heads = [t("cmp_measure"), ...PLANS.map((p) => p.letter)];
  const titles = PLANS.map((p) => h("li", {}, h("b", {}, p.letter), " ", given(p.name), ": ", given(choose(...p.title))));
  const figures = PLANS.map((p) => figure(p.letter, "city"));
  const rows = FIGURES.map((key) =>
    h("tr", {}, h("th", { scope: "row" }, t(`cmp_${key}`)), figures.map((f) => cell(key, f?.[key], figures[0]?.[key]))),
  );
  const over = PLANS.map((p) => (phaseOf(p) < 0 ? null : p.substations.filter((s) => s.loading[phaseOf(p)] > 1 + 1e-9).length));
  rows.push(h("tr", {}, h("th", { scope: "row" }, t("cmp_over")), over.map((n) => cell("stations", n, over[0]))));
  const carbon = PLAN.headline.map((row) => row.carbon_t);
  if (carbon.some((x) => !missing(x))) {
    rows.push(h("tr", {}, h("th", { scope: "row" }, t("cmp_carbon")), carbon.map((x) => cell("carbon", x, carbon[0]))));
  }
  for (const change of COUNTS) {
    const counts = PLANS.map((p, i) => (i && phaseOf(p) >= 0 ? countsOf(p)[change] : null));
    rows.push(h("tr", {}, h("th", { scope: "row" }, t(`cmp_count_${change}`)), counts.map((n) => h("td", {}, num(n)))));
  }
  rows.push(h("tr", {}, h("th", { scope: "row" }, t("cmp_outcome")), PLAN.headline.map((row) => h("td", {}, t(`fr_outcome_${row.outcome}`)))));
  rows.push(h("tr", {}, h("th", { scope: "row" }, t("cmp_gap")), PLAN.headline.map((row) => h("td", {}, missing(row.gap) ? "–" : proof(row.gap)))));
  $("figures").replaceChildren(h("h2", {}, t("cmp_figures")), h("ul", { class: "soft" }, titles), table(heads, rows), h("p", { class: "soft" }, t("cmp_moved_means", { m: num(PLAN.moved_m) })));
}
function renderDistricts() {
  const heads = [t("cmp_district"), ...PLANS.map((p) => p.letter), ...PLANS.slice(1).map((p) => t("cmp_changed", { plan: p.letter }))];
  const rows = PLACES.districts.id.map((id) => {
    const figures = PLANS.map((p) => figure(p.letter, id));
    const changed = PLANS.slice(1).map((p) => changesIn(p.letter, id));
    return h(
      "tr",
      {},
      h("th", { scope: "row" }, given(districtName(id))),
      figures.map((f) => cell(state.measure, f?.[state.measure], figures[0]?.[state.measure])),
      changed.map((text) => h("td", { class: "long" }, text)),
    );
  });
  const select = h(
    "select",
    { "aria-label": t("cmp_measure"), onchange: (e) => ((state.measure = e.target.value), renderDistricts()) },
    FIGURES.map((key) => h("option", { value: key, selected: key === state.measure }, t(`cmp_${key}`))),
  );
  $("districts").replaceChildren(h("h2", {}, t("cmp_by_district"), " ", select), table(heads, rows));
}
function changesIn(letter, district) {
  const c = PLAN.changed;
  const at = c.plan.findIndex((p, i) => p === letter && c.phase[i] === state.phase && c.district[i] === district);
  if (at < 0) return "–";
  return CHANGES.slice(1).filter((k) => c[k][at]).map((k) => `${t(`cmp_${k}`)} ${num(c[k][at])}`).join(", ") || "–";
}
function renderAsked() {
  const heads = [t("cmp_key"), ...PLANS.map((p) => p.letter)];
  const rows = (items) => items.map((x) => h("tr", {}, h("th", { scope: "row" }, given(x.key)), x.each.map((v) => h("td", {}, given(v)))));
  const part = (title, items) => [
    h("h2", {}, items.length ? t(title, { n: num(items.length) }) : t(`${title}_none`)),
    items.length > 0 && table(heads, rows(items)),
  ];
  $("asked").replaceChildren(...[part("cmp_asked", PLAN.asked), part("cmp_searched", PLAN.searched)].flat().filter(Boolean));
}
function renderLegend() {
  const items = [];
  if (state.mode === "changes") for (const c of CHANGES) items.push([changeSymbol(c), t(`cmp_${c}`)]);
  if (state.mode !== "grid") TYPES.forEach((type, i) => items.push([plainSymbol(i), type.key]));
  if (state.mode === "grid") {
    const levels = [...LOADING_BREAKS.map((x) => `≤ ${percent(x, 0)}`), `> ${percent(1, 0)}`];
    levels.forEach((text, i) => items.push([coils(loadingColour(i)), `${first.letter}: ${text}`]));
    const steps = [`≤ −10`, `−10 … −2`, `−2 … +2`, `+2 … +10`, `> +10`];
    steps.forEach((text, i) => items.push([coils(SHIFT_COLOURS[i]), t("cmp_points", { range: text })]));
  }
  $("legend").replaceChildren(h("ul", {}, items.map(([parts, text]) => h("li", {}, drawn(parts, 24), text))));
}
function setMode(mode) {
  state.mode = mode;
  renderBar();
  renderLegend();
  drawMarks();
}
function setPhase(phase) {
  state.phase = phase;
  renderBar();
  renderHeads();
  renderFigures();
  renderDistricts();
  drawMarks();
}
function setLanguage(lang) {
  state.lang = lang;
  document.documentElement.lang = lang === "zh" ? "zh-Hans" : "en";
  renderBar();
  renderTabs();
  renderHeads();
  renderFigures();
  renderDistricts();
  renderAsked();
  renderLegend();
  views.forEach(({ map, plan }) => map.getContainer().setAttribute("aria-label", `${t("map")} ${plan.letter}`));
}
setLanguage(state.lang);
startMaps();
window.siting_maps = views.map((view) => view.map);
dark.addEventListener("change", () => {
  for (const { sheets } of views) for (const sheet of sheets) sheet.redraw();
  drawMarks();
  renderLegend();
  renderHeads();
});
document.documentElement.dataset.ready = "yes";
