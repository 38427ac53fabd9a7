// How the plan fares in several futures, where it was asked to.

function futures() {
  const over = PLAN.robust;
  if (!over) return [];
  const share = over.measure === "share";
  const worth = (value) => (share ? percent(value) : `${num(value / 1000, 0)}`);
  const most = Math.max(...over.futures.map((f) => f.own_bound), 1e-9);
  return [
    h("h2", {}, t("fu_title")),
    h("p", {}, t(`fu_${over.objective}`), " ", over.drawn && t("fu_drawn")),
    h(
      "table",
      { class: "futures" },
      h(
        "thead",
        {},
        h("tr", {}, [t("fu_future"), t("fu_likely"), t(share ? "fu_share" : "fu_mwh"), t("fu_regret")].map((text) => h("th", { scope: "col" }, text))),
      ),
      h(
        "tbody",
        {},
        over.futures.map((f) =>
          h(
            "tr",
            {},
            h("th", { scope: "row" }, given(f.name)),
            h("td", { class: "n" }, percent(f.probability)),
            h("td", { class: "n" }, worth(f.worth)),
            h("td", { class: "n" }, `${num((100 * f.regret_low) / most, 1)}–${num((100 * f.regret_high) / most, 1)} %`),
          ),
        ),
      ),
    ),
    h("p", { class: "fine" }, t("fu_regret_note")),
  ];
}
