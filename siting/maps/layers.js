// Layers: the base map from the case's own roads, zones, districts, and the marks.

const map = window.siting_map;
map.attributionControl.setPrefix("Leaflet");
for (const [name, level] of [
  ["ground", 280],
  ["zones", 300],
  ["roads", 320],
  ["districts", 340],
  ["focus", 420],
  ["marks", 450],
]) {
  map.createPane(name).style.zIndex = level;
}
const canvas = Object.fromEntries(["zones", "roads", "marks"].map((pane) => [pane, L.canvas({ pane, padding: 0.2 })]));
const lines = Object.fromEntries(["ground", "districts", "focus"].map((pane) => [pane, L.svg({ pane, padding: 0.5 })]));

const groups = {};
for (const name of ["roads", "zones", "districts", "sites", "fuel", "existing", "substations", "stations"])
  groups[name] = L.featureGroup();
const focus = L.featureGroup().addTo(map);

// Roads: a polyline of many parts for each tier; minor tiers only when there is room for them.
const TIERS = [
  { width: 2.6, from: 0 },
  { width: 1.9, from: 0 },
  { width: 1.3, from: 10 },
  { width: 0.9, from: 11.5 },
  { width: 0.7, from: 13 },
];
const roads = ROADS.map((tier, i) =>
  L.polyline(tier.map(unpack), {
    renderer: canvas.roads,
    pane: "roads",
    interactive: false,
    smoothFactor: 0.6,
    lineCap: "round",
    weight: TIERS[i].width,
  }),
);
function drawRoads() {
  const zoom = map.getZoom();
  const grow = Math.pow(1.28, Math.max(-2, zoom - 12));
  roads.forEach((line, i) => {
    const shown = ROADS[i].length > 0 && zoom >= TIERS[i].from;
    line.setStyle({ color: css(i < 2 ? "--road-major" : "--road"), weight: Math.min(9, TIERS[i].width * grow) });
    if (shown) groups.roads.addLayer(line);
    else groups.roads.removeLayer(line);
  });
}

// Zones: polygons, or circles where the case gives points.
const zonePoints = unpack(PLACES.zones.point);
const zoneIsArea = PLACES.zones.shape.some((shape) => shape.length > 0);
const mostDemand = Math.max(
  1e-9,
  ...PLAN.zones.demand_kwh_day.map((values) => values.reduce((a, b) => Math.max(a, b), 0)),
);
const zones = PLACES.zones.shape.map((shape, i) => {
  const options = { renderer: canvas.zones, pane: "zones", interactive: false, weight: 0.6, smoothFactor: 0 };
  const rings = shape.map((polygon) => polygon.map(unpack));
  const layer = rings.length ? L.polygon(rings, options) : L.circleMarker(zonePoints[i], options);
  return layer.addTo(groups.zones);
});
const share = (demand, served) => (demand > 0 ? Math.min(1, served / demand) : null);
function zoneValue(i, phase = state.phase) {
  const demand = PLAN.zones.demand_kwh_day[phase][i];
  if (state.shade === "served") return share(demand, PLAN.zones.served_kwh_day[phase][i]);
  if (state.shade === "minutes") return PLAN.zones.minutes[phase][i];
  return zoneIsArea ? demand / Math.max(1e-6, PLACES.zones.km2[i]) : demand;
}
// Class breaks: round numbers, the same in every phase, so that phases can be compared.
function nice(value) {
  const power = Math.pow(10, Math.floor(Math.log10(value)));
  return [1, 1.5, 2, 2.5, 3, 4, 5, 6, 8, 10].map((m) => m * power).find((m) => m >= value * 0.999);
}
const breaksOf = {};
function breaks() {
  if (state.shade === "served") return [0.2, 0.4, 0.6, 0.8, 0.99];
  if (!breaksOf[state.shade]) {
    const last = PHASES.length - 1;
    const values = zones
      .map((_, i) => zoneValue(i, last))
      .filter((v) => !missing(v) && v > 0)
      .sort((a, b) => a - b);
    const cuts = [0.2, 0.4, 0.6, 0.8, 0.95].map((q) => nice(values[Math.floor(q * (values.length - 1))] || 1));
    breaksOf[state.shade] = [...new Set(cuts)];
  }
  return breaksOf[state.shade];
}
// What needs attention stands out: much demand, long drives, but little of the demand served.
function shades() {
  const colours = ramp(breaks().length + 1);
  const classes = colours.map((colour, i) => [colour, 0.26 + (0.36 * i) / (colours.length - 1)]);
  return state.shade === "served" ? classes.reverse() : classes;
}
function drawZones() {
  const limits = breaks();
  const colours = shades();
  const empty = css("--no-data");
  const scale = Math.pow(1.3, map.getZoom() - 11);
  zones.forEach((layer, i) => {
    const value = zoneValue(i);
    const above = missing(value) ? -1 : limits.filter((limit) => value >= limit).length;
    const [color, alpha] = above < 0 ? [empty, 0.25] : colours[above];
    layer.setStyle({ color, fillColor: color, fillOpacity: alpha, opacity: alpha * 0.6 });
    if (layer.setRadius)
      layer.setRadius(Math.max(2, 10 * scale * Math.sqrt(PLAN.zones.demand_kwh_day[state.phase][i] / mostDemand)));
  });
}
const zoneBounds = zones.map((layer) => (layer.getBounds ? layer.getBounds() : null));
function inRing(ring, lat, lng) {
  let inside = false;
  for (let i = 0, j = ring.length - 1; i < ring.length; j = i++) {
    const a = ring[i];
    const b = ring[j];
    if (a.lat > lat !== b.lat > lat && lng < ((b.lng - a.lng) * (lat - a.lat)) / (b.lat - a.lat) + a.lng)
      inside = !inside;
  }
  return inside;
}
function zoneUnder(latlng) {
  if (!map.hasLayer(groups.zones)) return -1;
  const point = map.latLngToLayerPoint(latlng);
  return zones.findIndex((layer, i) => {
    if (!zoneBounds[i]) return layer._point && point.distanceTo(layer._point) <= Math.max(5, layer.getRadius());
    if (!zoneBounds[i].contains(latlng)) return false;
    return layer
      .getLatLngs()
      .some((polygon) => polygon.filter((ring) => inRing(ring, latlng.lat, latlng.lng)).length % 2 === 1);
  });
}

// The ground: the city's own area stands out from what lies beyond it.
for (const shape of PLACES.districts.shape)
  L.polygon(
    shape.map((p) => p.map(unpack)),
    { renderer: lines.ground, pane: "ground", interactive: false, className: "ground", stroke: false, fillOpacity: 1 },
  ).addTo(map);

// Districts: an outline, and a label with the ratio against its target.
const districtLines = PLACES.districts.shape.map((shape) =>
  L.polygon(
    shape.map((p) => p.map(unpack)),
    { renderer: lines.districts, pane: "districts", interactive: false, fill: false, className: "district" },
  ).addTo(groups.districts),
);
const districtPoints = unpack(PLACES.districts.point);
const labels = districtPoints.map((point) =>
  L.marker(point, {
    interactive: false,
    keyboard: false,
    icon: L.divIcon({ className: "label-box", iconSize: [0, 0] }),
  }).addTo(groups.districts),
);
const ratioOf = (id, phase = state.phase) => PHASES[phase].ratio.districts.find((item) => item.district === id);
function goal(ratio) {
  const met = meets(ratio);
  return h("span", { class: met ? "goal met" : "goal short" }, met ? "✓ " : "▼ ", ratioText(ratio));
}
function drawLabels() {
  labels.forEach((marker, i) => {
    const id = PLACES.districts.id[i];
    const ratio = ratioOf(id);
    const known = ratio && !missing(ratio.ratio);
    const content = h(
      "div",
      { class: "label" },
      h("b", {}, given(districtName(id))),
      known && goal(ratio),
      known && h("small", {}, ` / ${num(ratio.target, 2)}`),
    );
    marker.setIcon(L.divIcon({ className: "label-box", html: content, iconSize: [0, 0] }));
  });
  placeLabels();
}
// Where labels would lie on each other, the one with more stations to count stays.
function placeLabels() {
  if (!map.hasLayer(groups.districts)) return;
  const order = labels
    .map((marker, i) => [marker, (ratioOf(PLACES.districts.id[i]) || {}).fuel_stations || 0])
    .sort((a, b) => b[1] - a[1]);
  const taken = [];
  for (const [marker] of order) {
    const element = marker.getElement();
    if (!element) continue;
    element.classList.remove("hidden");
    const box = element.firstChild.getBoundingClientRect();
    const clash = taken.some(
      (b) => box.left < b.right + 4 && b.left < box.right + 4 && box.top < b.bottom + 2 && b.top < box.bottom + 2,
    );
    if (clash) element.classList.add("hidden");
    else taken.push(box);
  }
}

// Marks, lowest first: unused sites, fuel, stations that stood before, substations, stations.
// From afar substations with room to spare shrink to dots, so that the tight ones are seen.
const small = window.matchMedia("(max-width: 760px)");
const markScale = () =>
  (small.matches ? 0.85 : 1) * Math.min(1.5, Math.max(0.45, Math.pow(1.19, map.getZoom() - 11.5)));
function scaleOf(kind, index) {
  if (kind !== "substations" || PLAN.substations.length < 30) return markScale();
  const level = loadingClass(stepAt(PLAN.substations[index]).loading);
  const far = Math.min(1, Math.max(0, (13 - map.getZoom()) / 2));
  return (
    markScale() * (1 - far * (level >= LOADING_BREAKS.length ? 0.25 : level >= LOADING_BREAKS.length - 1 ? 0.45 : 0.65))
  );
}
function mark(kind, index, latlng, parts) {
  const layer = new Mark(latlng, {
    renderer: canvas.marks,
    pane: "marks",
    bubblingMouseEvents: false,
    parts,
    scale: 1,
    kind,
    index,
  });
  return layer.resize(scaleOf(kind, index));
}
const columnMarks = (kind, layer, parts) =>
  unpack(layer.point).map((point, i) => mark(kind, i, point, parts).addTo(groups[kind]));
columnMarks("sites", PLACES.sites, siteSymbol());
columnMarks("fuel", PLACES.fuel, fuelSymbol());
columnMarks("existing", PLACES.existing, existingSymbol());
const substations = PLAN.substations.map((s, i) =>
  mark("substations", i, [s.lat, s.lon], substationSymbol(0)).addTo(groups.substations),
);
const stations = PLAN.stations.map((s, i) =>
  mark("stations", i, [s.lat, s.lon], stationSymbol({ type: 0, status: "new", colour: INK })),
);
const MARK_ORDER = ["sites", "fuel", "existing", "substations", "stations"];
function order() {
  for (const name of MARK_ORDER) if (map.hasLayer(groups[name])) groups[name].bringToFront();
}
function drawMarks() {
  stations.forEach((layer, i) => {
    const station = PLAN.stations[i];
    const shown = isDrawn(station);
    if (shown)
      layer.setParts(
        stationSymbol({ type: typeAt(station), status: statusAt(station), colour: stationColour(station) }),
      );
    if (shown) groups.stations.addLayer(layer);
    else groups.stations.removeLayer(layer);
  });
  substations.forEach((layer, i) => {
    layer.setParts(substationSymbol(loadingClass(stepAt(PLAN.substations[i]).loading)));
    layer.resize(scaleOf("substations", i));
  });
  order();
}
function recolourMarks() {
  const parts = { sites: siteSymbol(), fuel: fuelSymbol(), existing: existingSymbol() };
  for (const name of Object.keys(parts)) groups[name].eachLayer((layer) => layer.setParts(parts[name]));
  drawMarks();
}
function resizeMarks() {
  for (const name of MARK_ORDER) groups[name].eachLayer((layer) => layer.resize(scaleOf(name, layer.options.index)));
}
for (const name of MARK_ORDER) {
  groups[name].bindTooltip((layer) => h("span", {}, given(named(item(layer.options.kind, layer.options.index)))), {
    direction: "top",
    offset: [0, -6],
    className: "tip",
  });
}

// Anything that can be named, searched for or clicked.
function item(kind, i) {
  if (kind === "stations") return PLAN.stations[i];
  if (kind === "substations") return PLAN.substations[i];
  return row(PLACES[kind], i);
}
const positions = {
  fuel: unpack(PLACES.fuel.point),
  existing: unpack(PLACES.existing.point),
  sites: unpack(PLACES.sites.point),
  stations: PLAN.stations.map((s) => [s.lat, s.lon]),
  substations: PLAN.substations.map((s) => [s.lat, s.lon]),
  zones: zonePoints,
  districts: districtPoints,
};

// What a station serves, or where a zone charges: lines, and the zones outlined.
function showService(rows) {
  focus.clearLayers();
  const most = Math.max(1e-9, ...rows.map((r) => r.kwh));
  for (const r of rows) {
    const ends = [zonePoints[r.zone], positions.stations[r.station]];
    const options = { renderer: lines.focus, pane: "focus", interactive: false };
    if (zoneBounds[r.zone])
      L.polygon(zones[r.zone].getLatLngs(), { ...options, className: "focus-zone", weight: 1.2 }).addTo(focus);
    L.polyline(ends, { ...options, className: "focus-line", weight: 0.8 + (2.4 * r.kwh) / most }).addTo(focus);
  }
}
