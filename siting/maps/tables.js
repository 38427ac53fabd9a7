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
      d.district in districtRow ? goButton("districts", districtRow[d.district], named(d)) : given(named(d)),
      num(guns ? d.guns : d.stations),
      num(guns ? d.nozzles : d.fuel_stations),
      missing(d.ratio) ? "–" : goal(d),
      num(d.target, 2),
    ]),
  );
}
function stationsTable() {
  const open = PLAN.stations.map((s, i) => [s, i]).filter(([s]) => isDrawn(s));
  open.sort((a, b) => b[0].served[state.phase] - a[0].served[state.phase]);
  return table(
    t("stations_caption", { phase: PHASES[state.phase].name }),
    [[t("station")], [t("type")], [t("status")], [t("served_mwh"), "n"], [t("peak_kw"), "n"]],
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
      num(s.served[state.phase] / 1000, 1),
      num(s.peak_kw[state.phase]),
    ]),
  );
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
        num(s.limit_mw, 1),
        num(step.worst_mw, 1),
        hour(step.worst_hour),
        h("span", { class: isOver(s) ? "goal short" : "" }, isOver(s) && "▲ ", percent(step.loading, 0)),
      ];
    }),
  );
}
function about() {
  const p = PLAN.provenance;
  const made = p.layers.filter((layer) => layer.synthetic).length;
  return [
    h("h2", {}, t("data_title")),
    h(
      "p",
      { class: made || p.synthetic ? "notice" : "" },
      made || p.synthetic ? t("synthetic_yes", { n: num(made), all: num(p.layers.length) }) : t("synthetic_no"),
    ),
    h("p", {}, t("travel"), " ", given(p.travel)),
    h(
      "ul",
      { class: "sources" },
      p.layers.map((layer) =>
        h(
          "li",
          {},
          h("b", {}, t(`data_${layer.layer}`)),
          layer.synthetic && h("span", { class: "badge" }, t("synthetic")),
          h("span", {}, given(layer.source)),
          h(
            "small",
            {},
            given([layer.licence, layer.date, t("rows", { n: num(layer.rows) })].filter(Boolean).join(" · ")),
          ),
        ),
      ),
    ),
    PLAN.notes.length > 0 && [
      h("h2", {}, t("notes_title")),
      h(
        "ul",
        {},
        PLAN.notes.map((note) => h("li", {}, given(note))),
      ),
    ],
    h("h2", {}, t("assumptions_title")),
    PLAN.assumptions.length
      ? h(
          "ul",
          { class: "sources" },
          PLAN.assumptions.map((a) =>
            h(
              "li",
              {},
              h("b", {}, given(a.key)),
              h("span", { class: "badge" }, t("assumption"), " ", given(a.confidence)),
              h("span", {}, given(a.value), a.unit !== "-" && [" ", given(a.unit)]),
              h("small", {}, given(a.source)),
            ),
          ),
        )
      : h("p", {}, t("no_assumptions")),
    h("h2", {}, t("made_title")),
    h(
      "p",
      { class: "fine" },
      given(PLAN.outcome.solver),
      ` · ${num(PLAN.outcome.seconds, 0)} s · ${t("seed")} ${PLAN.provenance.seed} · `,
      given(p.created),
    ),
    h(
      "p",
      { class: "fine" },
      Object.entries(p.versions).map(([name, version], i) => [i > 0 && " · ", given(`${name} ${version}`)]),
    ),
    h("details", {}, h("summary", {}, t("licence_title")), h("p", { class: "fine licence" }, LICENCE)),
  ];
}
