// What-if: the buttons of the site in hand, and the view that tells what was changed and what comes of it.

const wiButton = (name, text, onclick, attributes = {}) =>
  h("button", { type: "button", class: "wi-button", "data-wi": name, onclick, ...attributes }, text);
const kindText = (k) => (k < 0 ? t("wi_nothing") : [given(WHAT.types[k].key), ` · ${num(WHAT.types[k].guns)} ${t("unit_guns")}`]);
// The site that the open popup is about.
function siteInHand() {
  if (!canTry || !opened) return null;
  if (opened.kind === "sites") return PLANNED_COUNT + opened.i;
  if (opened.kind !== "stations") return null;
  for (const [s, i] of stationOf) if (i === opened.i) return s;
  return opened.i;
}
function typeChoice(s, now) {
  const choices = choicesAt(s).filter((k) => k >= Math.max(0, WHAT.sites.initial[s]));
  if (!choices.length) return h("span", { class: "fine" }, t("wi_cannot"));
  const select = h(
    "select",
    {
      "data-wi": "type",
      "aria-label": t("wi_type"),
      onchange: (e) => isSuper(now) && tryType(s, Number(e.target.value)),
    },
    choices.map((k) => h("option", { value: k, selected: k === (isSuper(now) ? now : tried.planned[state.phase][s]) }, `${WHAT.types[k].key} · ${num(WHAT.types[k].guns)} ${t("unit_guns")}`)),
  );
  return select;
}
function siteButtons(s) {
  const now = tried.now[state.phase][s];
  const select = typeChoice(s, now);
  const on = () => switchOn(s, Number(select.value));
  const may = select.tagName === "SELECT";
  return h(
    "div",
    { class: "wi-site", role: "group", "aria-label": t("wi_site", { name: named(siteItem(s)) }) },
    h("p", { class: "wi-name" }, given(named(siteItem(s))), h("span", { class: "fine" }, ` ${t("wi_from", { phase: PHASES[state.phase].name })}`)),
    h(
      "div",
      { class: "wi-row" },
      select,
      isSuper(now) && wiButton("off", t("wi_off"), () => switchOff(s)),
      !isSuper(now) && may && wiButton("on", t(s < PLANNED_COUNT ? "wi_on" : "wi_add"), on),
      isTried(s) && wiButton("back", t("wi_back"), () => takeBack(s)),
    ),
  );
}
function flag() {
  const n = changedSites().length;
  return h(
    "div",
    { class: "wi-flag", role: "status" },
    h("b", {}, `▲ ${t("wi_flag")}`),
    h("span", {}, ` · ${t("wi_changes", { n: num(n) })}`),
    h(
      "span",
      { class: "wi-row" },
      wiButton("undo", t("wi_undo"), undo),
      wiButton("reset", t("wi_reset"), takeAllBack),
      wiButton("show", t("wi_show"), () => {
        setTab("what_if");
        setSheet(true);
      }),
    ),
  );
}
// Drawn anew after every change; whoever holds a button by the keyboard keeps it.
function renderWhatIf() {
  if (!canTry) return;
  const box = $("what-if");
  const held = box.contains(document.activeElement) ? document.activeElement.dataset.wi : null;
  const s = siteInHand();
  box.setAttribute("aria-label", t("wi_title"));
  box.replaceChildren(
    ...[
      trying() && flag(),
      note_.key && h("p", { class: "wi-note", role: "alert" }, t(note_.key, { n: num(note_.n) })),
      s !== null && siteButtons(s),
    ].filter(Boolean),
  );
  box.hidden = !box.children.length;
  makeRoom(box.offsetHeight);
  if (held) (box.querySelector(`[data-wi="${held}"]`) || box.querySelector("button"))?.focus();
  if (s !== null) setTimeout(makeReady, 0);
}
// On a phone the sheet grows by the buttons, and the popup keeps clear of it.
let roomTaken = 0;
function makeRoom(height) {
  $("panel").style.setProperty("--what-if", `${height}px`);
  if (!small.matches || height === roomTaken) return;
  roomTaken = height;
  popup.options.autoPanPaddingBottomRight = [16, 146 + height];
  if (!popup.isOpen()) return;
  popup.options.maxHeight = Math.max(160, map.getSize().y - 290 - height);
  popup.update();
  letScroll();
}
// Count the plan itself while the reader still looks, so that the first change is as quick as any other.
function makeReady() {
  if (trying() || !WHAT.reach) return;
  const p = PHASES.findIndex((_, n) => !transports[n]);
  if (p < 0) return;
  transport(p);
  setTimeout(makeReady, 0);
}

// Key figures side by side: of the plan, of what is tried, and what they differ by, as they are shown.
function figureRows() {
  const fine = (digits, scale = 1) => ({ digits, scale });
  const rows = {
    stations: ["kpi_stations", (p) => p.kpis.stations_open, fine(0)],
    guns: ["kpi_guns", (p) => p.kpis.guns, fine(0)],
    ratio: ["ratio", (p) => p.ratio.city.ratio, fine(3)],
    served: ["wi_served", (p) => p.kpis.served_kwh_day, fine(1, 1e-3)],
    share: ["wi_share", (p) => p.kpis.demand_served_share, fine(2, 100)],
    covered: ["wi_covered", (p) => p.kpis.demand_covered_share, fine(2, 100)],
    access: ["wi_access", (p) => p.kpis.access_minutes_mean, fine(2)],
    peak: ["wi_peak", (p) => p.kpis.peak_mw, fine(2)],
    over: ["kpi_over", (_, p) => (WHAT.load ? substationsOver(p) : undefined), fine(0)],
    ...MONEY.tried,
  };
  return Object.entries(rows);
}
const substationsOver = (steps) => steps.filter((step) => step.loading > LIMIT_TOLERANCE).length;
const stepsNow = (p) => PLAN.substations.map((s) => s.steps[p]);
const stepsPlanned = (p) => PLAN_AS_IT_IS.substations.map((s) => s.steps[p]);
function rounded(value, { digits, scale }) {
  return missing(value) ? null : Number((value * scale).toFixed(digits));
}
function difference(now, planned, digits) {
  if (missing(now) || missing(planned)) return "–";
  const more = Number((now - planned).toFixed(digits));
  return more ? `${more > 0 ? "+" : "−"}${num(Math.abs(more), digits)}` : "0";
}
function differences() {
  const p = state.phase;
  const rows = figureRows().flatMap(([name, [key, value, look]]) => {
    const planned = rounded(value(PLAN_AS_IT_IS.phases[p], stepsPlanned(p)), look);
    const now = rounded(value(PHASES[p], stepsNow(p)), look);
    if (missing(now)) return [];
    const cells = [num(planned, look.digits), num(now, look.digits), difference(now, planned, look.digits)];
    return [h("tr", { "data-tried": name }, h("th", { scope: "row" }, t(key)), cells.map((text) => h("td", { class: "n" }, text)))];
  });
  return sideBySide(t("wi_compared", { phase: PHASES[p].name }), t("wi_figure"), rows);
}
const sideBySide = (caption, first, rows) =>
  h(
    "table",
    {},
    h("caption", {}, caption),
    h(
      "thead",
      {},
      h("tr", {}, h("th", { scope: "col" }, first), ["wi_plan", "wi_now", "wi_more"].map((key) => h("th", { scope: "col", class: "n" }, t(key)))),
    ),
    h("tbody", {}, rows),
  );
// Districts and substations that a change touches.
function touched() {
  const p = state.phase;
  const before = PLAN_AS_IT_IS.phases[p].ratio.districts;
  const districts = PHASES[p].ratio.districts.flatMap((d, i) => {
    if (missing(d.ratio) || d.ratio === before[i].ratio) return [];
    const cells = [num(before[i].ratio, 3), num(d.ratio, 3), difference(d.ratio, before[i].ratio, 3)];
    return [h("tr", {}, h("th", { scope: "row" }, given(named(d))), cells.map((text) => h("td", { class: "n" }, text)))];
  });
  const loads = stepsPlanned(p).flatMap((step, i) => {
    const now = PLAN.substations[i].steps[p];
    if (Math.abs(now.loading - step.loading) < 5e-5) return [];
    const cells = [percent(step.loading), percent(now.loading), difference(now.loading * 100, step.loading * 100, 1)];
    return [h("tr", { "data-feeder": i }, h("th", { scope: "row" }, goButton("substations", i, named(PLAN.substations[i]))), cells.map((text) => h("td", { class: "n" }, text)))];
  });
  return [
    districts.length > 0 && sideBySide(t("wi_districts"), t("district"), districts),
    loads.length > 0 && sideBySide(t("wi_loads"), t("substation"), loads),
  ];
}
function changeList() {
  return h(
    "ul",
    { class: "wi-list" },
    changedSites().map((s) =>
      h(
        "li",
        {},
        h(
          "span",
          {},
          h("button", { type: "button", class: "link", onclick: () => goToSite(s) }, given(named(siteItem(s)))),
          h(
            "small",
            {},
            stepsOf(columnOf(tried.now, s), WHAT.sites.initial[s] < 0 ? -1 : null).map(([p, k], n) => [n > 0 && t("list_comma"), kindText(k), ` ${t("wi_since", { phase: PHASES[p].name })}`]),
            stepsOf(columnOf(tried.now, s), -1).length === 0 && kindText(-1),
          ),
        ),
        wiButton(`back-${s}`, t("wi_back"), () => takeBack(s), { "aria-label": `${t("wi_back")}: ${named(siteItem(s)).slice(0, 200)}` }),
      ),
    ),
  );
}
function goToSite(s) {
  if (s < PLANNED_COUNT || stationOf.has(s)) goTo("stations", stationAt(s));
  else goTo("sites", s - PLANNED_COUNT);
}
function whatIfView() {
  const on = trying();
  return [
    h("h2", {}, t("wi_title")),
    h("p", {}, t("wi_intro")),
    !WHAT.reach && h("p", { class: "fine" }, t("wi_bare")),
    !on && h("p", { class: "notice" }, t("wi_empty")),
    on && [
      h("p", { class: "notice" }, h("b", {}, `▲ ${t("wi_flag")}`), " ", t("wi_flag_text")),
      differences(),
      brokenRules(),
      h("h2", {}, t("wi_list")),
      changeList(),
      touched(),
      keepParts(),
    ],
  ];
}
function keepParts() {
  const address = h("input", { type: "text", readonly: true, "aria-label": t("wi_link"), value: location.href, onfocus: (e) => e.target.select() });
  return [
    h("h2", {}, t("wi_keep")),
    h("p", {}, t("wi_link_text")),
    h("div", { class: "wi-row" }, address, navigator.clipboard && wiButton("copy", t("wi_copy"), () => navigator.clipboard.writeText(location.href).catch(() => address.select()))),
    h("p", {}, t("wi_file_text")),
    h(
      "div",
      { class: "wi-row" },
      wiButton("save-changes", t("wi_save_changes"), () => saveText(changesFile(), "fix.toml", "application/toml")),
      wiButton("save-whole", t("wi_save_whole"), () => saveText(wholeFile(), "fix-whole.toml", "application/toml")),
    ),
    h("p", { class: "fine" }, h("code", {}, `siting plan ${PLAN.name} --fix fix.toml`), h("br"), h("code", {}, `siting plan ${PLAN.name} --fix fix-whole.toml --only`)),
  ];
}
