// Tables: what the map shows, for those who read rather than look, and for screen readers.
function table(caption, head, rows) {
  return h(
    "table",
    {},
    h("caption", {}, caption),
    h(
      "thead",
      {},
      h(
        "tr",
        {},
        head.map(([text, cls]) => h("th", { scope: "col", class: cls }, text)),
      ),
    ),
    h(
      "tbody",
      {},
      rows.map(([first, ...cells]) =>
        h(
          "tr",
          {},
          h("th", { scope: "row" }, first),
          cells.map((cell, i) => h("td", { class: head[i + 1][1] }, cell)),
        ),
      ),
    ),
  );
}
const goButton = (kind, i, text) =>
  h("button", { type: "button", class: "link", onclick: () => goTo(kind, i) }, given(text));
function districtsTable() {
  const guns = PLAN.ratio.form === "guns";
  const rows = [...ratioNow().districts].sort(
    (a, b) => (missing(a.ratio) ? 1e9 : a.ratio - a.target) - (missing(b.ratio) ? 1e9 : b.ratio - b.target),
  );
  return table(
    t("districts_caption"),
    [
      [t("district")],
      [t(guns ? "guns" : "stations"), "n"],
      [t(guns ? "nozzles" : "fuel"), "n"],
      [t("ratio"), "n"],
      [t("target"), "n"],
    ],
    rows.map((d) => [
      districtRow.has(d.district) ? goButton("districts", districtRow.get(d.district), named(d)) : given(named(d)),
      num(guns ? d.guns : d.stations),
      num(guns ? d.nozzles : d.fuel_stations),
      missing(d.ratio) ? "–" : goal(d),
      d.target > 0 ? num(d.target, 2) : "–",
    ]),
  );
}
function stationsTable() {
  const drawn_ = PLAN.stations.map((s, i) => [s, i]).filter(([s]) => isDrawn(s));
  const open = drawn_.filter(([s]) => passes(s));
  const weight = (s) => (s.served ? s.served[state.phase] : gunsAt(s) || 0);
  open.sort((a, b) => weight(b[0]) - weight(a[0]));
  const last = PLAN.stations.some((s) => s.served)
    ? [
        [t("served_mwh"), (s) => num(s.served[state.phase] / 1000, 1)],
        [t("peak_kw"), (s) => num(s.peak_kw[state.phase])],
      ]
    : [[t("guns"), (s) => num(gunsAt(s))]];
  return [
    h(
      "p",
      { class: "fine tally" },
      t("shown_of", { n: num(open.length), all: num(drawn_.length) }),
      filtering() && [" · ", clearButton()],
      " · ",
      h("button", { type: "button", class: "link", id: "save-stations", onclick: () => saveStations(open) }, t("save_csv")),
    ),
    table(
      t("stations_caption", { phase: PHASES[state.phase].name }),
      [[t("station")], [t("type")], [t("status")], ...last.map(([title]) => [title, "n"])],
      open.map(([s, i]) => [
        [
          h(
            "span",
            { class: "mark" },
            drawn(stationSymbol({ type: typeAt(s), status: statusAt(s), colour: stationColour(s) })),
          ),
          goButton("stations", i, named(s)),
        ],
        typeName(typeAt(s)),
        t(`status_${statusAt(s)}`),
        ...last.map(([, value]) => value(s)),
      ]),
    ),
  ];
}
function gridTable() {
  if (!PLAN.substations.length) return h("p", { class: "fine" }, t("no_substations"));
  return table(
    t("grid_caption"),
    [[t("substation")], [t("limit_mw"), "n"], [t("worst_mw"), "n"], [t("hour"), "n"], [t("loading"), "n"]],
    ranked().map(([s, i]) => {
      const step = stepAt(s);
      return [
        goButton("substations", i, named(s)),
        num(limitAt(s), 1),
        num(step.worst_mw, 1),
        hour(step.worst_hour),
        h("span", { class: isOver(s) ? "goal short" : "" }, isOver(s) && "▲ ", percent(step.loading, 0)),
      ];
    }),
  );
}
