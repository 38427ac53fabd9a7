// Legend: each layer's switch stands with its key.
function legendRow(name, symbol, ...keys) {
  return h(
    "div",
    { class: "legend-row" },
    h(
      "label",
      {},
      h("input", {
        type: "checkbox",
        "data-layer": name,
        checked: map.hasLayer(groups[name]),
        onchange: (e) => setLayer(name, e.target.checked),
      }),
      symbol,
      h("span", {}, t(`layer_${name}`)),
    ),
    ...keys,
  );
}
function chooser(key, options) {
  return h(
    "select",
    { "aria-label": t(`choose_${key}`), id: `choose-${key}`, onchange: (e) => setChoice(key, e.target.value) },
    options.map((o) => h("option", { value: o, selected: state[key] === o }, t(`${key}_${o}`))),
  );
}
const swatch = (name) => h("i", { class: "swatch", style: { background: `var(--${name})` } });
const groundKey = () =>
  h(
    "ul",
    { class: "keys" },
    [waterPacks.length && "water", parkPacks.length && "park"]
      .filter(Boolean)
      .map((name) => h("li", {}, swatch(name), h("span", {}, t(`key_${name}`)))),
  );
function zoneKey() {
  const limits = breaks();
  const show = (v) => (state.shade === "served" || byDistrict() ? num(v * 100) : num(v, v < 10 && v % 1 ? 1 : 0));
  const unit = {
    served: "unit_percent",
    ratio: "unit_of_target",
    minutes: "unit_min",
    demand: zoneIsArea ? "unit_kwh_day_km2" : "unit_kwh_day",
  }[state.shade];
  return h(
    "div",
    { class: "ramp" },
    h(
      "div",
      { class: "swatches" },
      shades().map(([colour, alpha]) => h("i", { style: { background: colour, opacity: Math.min(1, alpha + 0.15) } })),
    ),
    h(
      "div",
      { class: "cuts" },
      limits.map((v) => h("span", {}, show(v))),
    ),
    h(
      "p",
      { class: "fine" },
      t(unit),
      " · ",
      h("i", { class: "none" }),
      t({ minutes: "not_served", ratio: "no_ratio" }[state.shade] || "no_demand"),
    ),
  );
}
function stationKey() {
  const types = TYPES.map(
    (type, i) =>
      !type.plain &&
      keySwitch(
        "type",
        i,
        drawn(stationSymbol({ type: i, status: "new", colour: css("--neutral") })),
        given(type.key),
        missing(type.guns) ? "" : ` · ${num(type.guns)} ${t("unit_guns")}`,
      ),
  );
  const symbol = (status, colour) => drawn(stationSymbol({ type: 0, status, colour }));
  const byStatus = state.colour === "status";
  const byPhase = state.colour === "phase";
  const status = ["new", "upgraded", "kept", "closed"].map((s) =>
    keySwitch(
      "status",
      s,
      symbol(s, byStatus || s === "kept" || s === "closed" ? statusColour(s) : css("--neutral")),
      t(`status_${s}`),
    ),
  );
  const phases = PHASES.map((p, i) =>
    keySwitch("phase", i, symbol("new", byPhase ? phaseColour(i) : css("--neutral")), given(p.name)),
  );
  return [
    state.colour === "wait" && waitKey(),
    h("ul", { class: "keys" }, types),
    h("ul", { class: "keys" }, status),
    h("p", { class: "fine" }, t("colour_is_phase")),
    h("ul", { class: "keys" }, phases),
    districtFilter(),
    filtering() && h("p", { class: "fine" }, clearButton()),
  ];
}
function hourChooser() {
  const hours = Array.from({ length: 24 }, (_, i) => i);
  return h(
    "select",
    {
      "aria-label": t("choose_hour"),
      id: "choose-hour",
      onchange: (e) => {
        state.hour = e.target.value === "" ? null : Number(e.target.value);
        drawMarks();
      },
    },
    h("option", { value: "", selected: state.hour === null }, t("worst_hour")),
    hours.map((i) => h("option", { value: i, selected: state.hour === i }, t("load_at", { hour: hour(i) }))),
  );
}
function substationKey() {
  const text = (i) =>
    i === 0
      ? `≤ ${percent(LOADING_BREAKS[0], 0)}`
      : i === LOADING_BREAKS.length
        ? `> ${percent(1, 0)}`
        : `≤ ${percent(LOADING_BREAKS[i], 0)}`;
  return [
    hourChooser(),
    h("p", { class: "fine" }, t("loading_hint")),
    h(
      "ul",
      { class: "keys" },
      LOADING_COLOURS.map((_, i) => keySwitch("level", i, drawn(substationSymbol(i), 32), text(i))),
    ),
  ];
}
function renderLegend() {
  const open = $("legend").dataset.open !== "no";
  const legend = [
    h(
      "button",
      {
        type: "button",
        class: "legend-head",
        id: "legend-toggle",
        "aria-expanded": String(open),
        onclick: () => {
          $("legend").dataset.open = open ? "no" : "yes";
          renderLegend();
        },
      },
      h("span", { class: "long" }, t("legend")),
      h("span", { class: "short" }, t("legend_short")),
      h("span", { "aria-hidden": "true" }, open ? "–" : "+"),
    ),
    h(
      "div",
      { class: "legend-body" },
      h("p", { class: "fine hint" }, t("legend_hint")),
      legendRow("stations", null, chooser("colour", stationColours()), stationKey()),
      PLAN.substations.length > 0 && legendRow("substations", null, substationKey()),
      NET && legendRow("network", null, networkKey()),
      legendRow("zones", null, chooser("shade", SHADES), zoneKey()),
      legendRow("fuel", drawn(fuelSymbol(), 16)),
      PLACES.existing.id.length > 0 && legendRow("existing", drawn(existingSymbol(), 16)),
      PLACES.sites && PLACES.sites.id.length > 0 && legendRow("sites", drawn(siteSymbol(), 16)),
      poiPoints.length > 0 && legendRow("pois", drawn(poiSymbol(), 16)),
      legendRow("districts", null),
      ROADS.some((tier) => tier.length) && legendRow("roads", null),
      hasGround && legendRow("ground", null, groundKey()),
      groups.tiles && legendRow("tiles", null),
    ),
  ];
  $("legend").replaceChildren(...legend);
}
