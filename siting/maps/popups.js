// Popups: numbers, and a substation's day against its limit.

function facts(rows) {
  return h(
    "dl",
    { class: "facts" },
    rows.filter(Boolean).map(([key, ...value]) => [h("dt", {}, t(key)), h("dd", {}, ...value)]),
  );
}
function heading(kind, name, id, ...badges) {
  return h(
    "header",
    {},
    h("p", { class: "kind" }, t(kind), ...badges),
    h("h2", {}, given(name)),
    id !== name && h("p", { class: "id" }, given(id)),
  );
}
const typeName = (type) => (type < 0 ? "–" : given(TYPES[type].key));
const withUnit = (text, unit) => [text, h("span", { class: "unit" }, ` ${t(unit)}`)];

function stationPopup(i) {
  const s = PLAN.stations[i];
  const phase = state.phase;
  const rows = serviceRows(phase, 0, i);
  const kwh = rows.reduce((sum, r) => sum + r.kwh, 0);
  const minutes = kwh > 0 ? rows.reduce((sum, r) => sum + r.kwh * (r.minutes || 0), 0) / kwh : null;
  const substation = PLAN.substations.find((item_) => item_.id === s.substation);
  return h(
    "article",
    { class: "popup" },
    heading("station", named(s), s.id, h("span", { class: `badge ${statusAt(s)}` }, t(`status_${statusAt(s)}`))),
    facts([
      [
        "type",
        typeName(typeAt(s)),
        gunsAt(s) === null ? "" : ` · ${num(gunsAt(s))} `,
        gunsAt(s) === null ? "" : t("unit_guns"),
      ],
      phase === PHASES.length - 1 && ["power", ...withUnit(num(s.kw), "unit_kw")],
      s.types.some((k) => k >= 0) && [`since_${s.status}`, given(PHASES[s.phase].name)],
      s.host && ["host", given(s.host)],
      ["district", given(districtName(s.district))],
      MONEY.fact && MONEY.fact(s),
    ]),
    s.served && h("h3", {}, t("in_phase"), " ", given(PHASES[phase].name)),
    s.served &&
      facts([
        ["served", ...withUnit(num(s.served[phase]), "unit_kwh_day")],
        ["peak", ...withUnit(num(s.peak_kw[phase]), "unit_kw")],
        PLAN.service && ["catchment", t("catchment_value", { zones: num(rows.length), minutes: num(minutes, 1) })],
        substation && ["substation", given(named(substation)), ` · ${percent(stepAt(substation).loading, 0)}`],
      ]),
    waitFacts(s),
    substation && dayChart(substation),
  );
}
function zonePopup(i) {
  const phase = state.phase;
  const column = (key) => PLAN.zones[key][phase][i];
  const zone = row(PLACES.zones, i);
  const rows = serviceRows(phase, 1, i);
  return h(
    "article",
    { class: "popup" },
    heading("zone", named(zone), zone.id),
    facts([
      PLAN.zones.demand_kwh_day && ["demand", ...withUnit(num(column("demand_kwh_day")), "unit_kwh_day")],
      [
        "zone_served",
        ...(PLAN.zones.served_kwh_day ? withUnit(num(column("served_kwh_day")), "unit_kwh_day") : []),
        PLAN.zones.served_kwh_day && " · ",
        percent(zoneShare(i), 0),
      ],
      ["minutes", ...withUnit(num(column("minutes"), 1), "unit_min")],
      ["within_reach", t(column("covered") ? "yes" : "no")],
      ["district", given(districtAt(PLACES.zones.district[i]))],
    ]),
    rows.length > 0 && h("h3", {}, t("charges_at")),
    rows.length > 0 &&
      h(
        "ol",
        { class: "serving" },
        rows
          .slice(0, 5)
          .map((r) =>
            h("li", {}, given(named(PLAN.stations[r.station])), h("span", {}, `${num(r.kwh)} ${t("unit_kwh_day")}`)),
          ),
      ),
  );
}
function substationPopup(i) {
  const s = PLAN.substations[i];
  const step = stepAt(s);
  const fed = PLAN.stations.filter((station) => station.substation === s.id && isOpen(station));
  return h(
    "article",
    { class: "popup" },
    heading(
      "substation",
      named(s),
      s.id,
      isOver(s) && h("span", { class: "badge over" }, "▲ ", t(isOverBare(s) ? "over_limit_bare" : "over_limit")),
    ),
    facts([
      ["loading", h("b", {}, percent(step.loading, 1)), ` ${t("at_hour", { hour: hour(step.worst_hour) })}`],
      ["worst_load", t("of_limit", { load: num(step.worst_mw, 1), limit: num(limitAt(s), 1) })],
      step.added_mva && ["reinforced", t("reinforced_by", { mva: num(step.added_mva) })],
      ["charging_peak", ...withUnit(num(step.charging_peak_mw, 2), "unit_mw")],
      ["rating", t("rating_value", { kv: num(s.voltage_kv), mva: num(s.rating_mva) })],
      ["stations_fed", num(fed.length)],
    ]),
    dayChart(s),
  );
}
function placePopup(kind, i) {
  const place = row(PLACES[kind], i);
  return h(
    "article",
    { class: "popup" },
    heading(
      kind === "fuel" ? "fuel_station" : kind === "sites" ? "unused_site" : "existing_station",
      named(place),
      place.id,
    ),
    facts([
      ["district", given(districtAt(PLACES[kind].district[i]))],
      kind === "fuel" && !missing(PLACES.fuel.nozzles[i]) && ["nozzles", num(PLACES.fuel.nozzles[i])],
    ]),
  );
}

function districtPopup(i) {
  const place = row(PLACES.districts, i);
  const ratio = ratioOf(place.id);
  const guns = PLAN.ratio.form === "guns";
  const [have, against] = ratio
    ? [guns ? ratio.guns : ratio.stations, guns ? ratio.nozzles : ratio.fuel_stations]
    : [null, null];
  const short = ratio && Math.ceil(ratio.target * (against || 0) - 1e-9) - have;
  return h(
    "article",
    { class: "popup" },
    heading("district", named(place), place.id),
    ratio &&
      facts([
        [guns ? "guns" : "stations", num(have)],
        [guns ? "nozzles" : "fuel", num(against)],
        [
          "ratio",
          missing(ratio.ratio) ? "–" : goal(ratio),
          ratio.target > 0 && ` ${t("of_target", { target: num(ratio.target, 2) })}`,
        ],
        short > 0 && ["missing_stations", num(short)],
      ]),
  );
}
const POPUPS = {
  stations: stationPopup,
  zones: zonePopup,
  substations: substationPopup,
  districts: districtPopup,
  network: networkPopup,
};
const popup = L.popup({
  maxWidth: 300,
  minWidth: 272,
  autoPanPaddingTopLeft: small.matches ? [12, 60] : [16, 16],
  autoPanPaddingBottomRight: [16, 16],
  className: "card",
});
let opened = null;
// What scrolls can be scrolled by the keyboard too.
function letScroll() {
  popup.getElement()?.querySelector(".leaflet-popup-scrolled")?.setAttribute("tabindex", "0");
}
function openPopup(kind, i, latlng) {
  opened = null;
  if (kind === "stations") showService(serviceRows(state.phase, 0, i));
  else if (kind === "zones") showService(serviceRows(state.phase, 1, i));
  else focus.clearLayers();
  const content = POPUPS[kind] ? POPUPS[kind](i) : placePopup(kind, i);
  popup.options.maxHeight = Math.max(220, map.getSize().y - (small.matches ? 120 : 90));
  popup
    .setLatLng(latlng || positions[kind][i])
    .setContent(content)
    .openOn(map);
  popup.getElement()?.querySelector(".leaflet-popup-close-button")?.setAttribute("aria-label", t("close_popup"));
  opened = { kind, i, latlng };
  letScroll();
  renderWhatIf();
}
map.on("popupclose", () => {
  if (opened) focus.clearLayers();
  opened = null;
  renderWhatIf();
});
function refreshPopup() {
  if (!opened) return;
  const { kind, i, latlng } = opened;
  if (kind === "stations" && !isShown(PLAN.stations[i])) map.closePopup(popup);
  else openPopup(kind, i, latlng);
}
