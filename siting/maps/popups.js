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
    h("h3", {}, given(name)),
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
      [`since_${s.status}`, given(PHASES[s.phase].name)],
      ["host", given(s.host)],
      ["district", given(districtName(s.district))],
      s.capex_cny > 0 && ["cost", ...withUnit(money(s.capex_cny, 2), "unit_mcny")],
    ]),
    h("h4", {}, t("in_phase"), " ", given(PHASES[phase].name)),
    facts([
      ["served", ...withUnit(num(s.served[phase]), "unit_kwh_day")],
      ["peak", ...withUnit(num(s.peak_kw[phase]), "unit_kw")],
      ["catchment", t("catchment_value", { zones: num(rows.length), minutes: num(minutes, 1) })],
      substation && ["substation", given(named(substation)), ` · ${percent(stepAt(substation).loading, 0)}`],
    ]),
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
      ["demand", ...withUnit(num(column("demand_kwh_day")), "unit_kwh_day")],
      [
        "zone_served",
        ...withUnit(num(column("served_kwh_day")), "unit_kwh_day"),
        ` · ${percent(share(column("demand_kwh_day"), column("served_kwh_day")), 0)}`,
      ],
      ["minutes", ...withUnit(num(column("minutes"), 1), "unit_min")],
      ["within_reach", t(column("covered") ? "yes" : "no")],
      ["district", given(districtAt(PLACES.zones.district[i]))],
    ]),
    rows.length > 0 && h("h4", {}, t("charges_at")),
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
      ["worst_load", t("of_limit", { load: num(step.worst_mw, 1), limit: num(s.limit_mw, 1) })],
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

// 24 hours: base load, charging stacked on it, the limit, and the hour that comes closest to it.
function dayChart(s) {
  const [width, height, left, bottom, top] = [268, 132, 34, 20, 16];
  const base = s.base[state.phase];
  const total = base.map((value, i) => value + s.charging[state.phase][i]);
  const step = stepAt(s);
  const most = Math.max(s.limit_mw, ...total) * 1.08 || 1;
  const x = (i) => left + (i / 24) * (width - left - 6);
  const y = (mw) => top + (1 - mw / most) * (height - top - bottom);
  const stairs = (values, from = 0) =>
    values
      .map((v, i) => `${i ? "L" : "M"}${x(i)},${y(v)}L${x(i + 1)},${y(v)}`)
      .join("")
      .slice(from);
  const area = (values) => `${stairs(values)}L${x(24)},${y(0)}L${x(0)},${y(0)}Z`;
  const tick = nice(most / 3.2);
  const ticks = Array.from({ length: Math.floor(most / tick) + 1 }, (_, i) => i * tick);
  const label = (tx, ty, text, attributes) => svg("text", { x: tx, y: ty, ...attributes }, text);
  return h(
    "figure",
    { class: "day" },
    h(
      "figcaption",
      {},
      t("day_title"),
      " · ",
      given(named(s)),
      h(
        "span",
        { class: "keys" },
        h("i", { class: "k-base" }),
        t("base_load"),
        h("i", { class: "k-charging" }),
        t("charging"),
        h("i", { class: "k-limit" }),
        t("limit"),
      ),
    ),
    svg(
      "svg",
      {
        viewBox: `0 0 ${width} ${height}`,
        role: "img",
        "aria-label": t("day_alt", {
          hour: hour(step.worst_hour),
          load: num(step.worst_mw, 1),
          limit: num(s.limit_mw, 1),
        }),
      },
      ticks.map((v) => [
        svg("line", { x1: left, x2: width - 6, y1: y(v), y2: y(v), class: "grid" }),
        label(left - 4, y(v) + 3, num(v, tick < 1 ? 1 : 0), { "text-anchor": "end" }),
      ]),
      svg("path", { d: area(total), class: "a-charging" }),
      svg("path", { d: area(base), class: "a-base" }),
      svg("line", { x1: left, x2: width - 6, y1: y(s.limit_mw), y2: y(s.limit_mw), class: "l-limit" }),
      svg("rect", {
        x: x(step.worst_hour),
        width: x(1) - x(0),
        y: y(total[step.worst_hour]),
        height: y(0) - y(total[step.worst_hour]),
        class: "worst",
      }),
      [0, 6, 12, 18, 24].map((v) =>
        label(x(v), height - 6, hour(v), { "text-anchor": v === 24 ? "end" : v === 0 ? "start" : "middle" }),
      ),
      label(left - 4, 9, t("unit_mw"), { "text-anchor": "end" }),
    ),
  );
}

const POPUPS = { stations: stationPopup, zones: zonePopup, substations: substationPopup };
const popup = L.popup({
  maxWidth: 300,
  minWidth: 272,
  autoPanPaddingTopLeft: small.matches ? [12, 60] : [16, 16],
  autoPanPaddingBottomRight: [16, 16],
  className: "card",
});
let opened = null;
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
  opened = { kind, i, latlng };
}
map.on("popupclose", () => {
  if (opened) focus.clearLayers();
  opened = null;
});
function refreshPopup() {
  if (!opened) return;
  const { kind, i, latlng } = opened;
  if (kind === "stations" && !isShown(PLAN.stations[i])) map.closePopup(popup);
  else openPopup(kind, i, latlng);
}
