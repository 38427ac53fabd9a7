// Where everything comes from: data, assumptions, what made the plan.

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
