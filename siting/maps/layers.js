// Marks and labels: what has a name and can be pointed at.

const canvas = L.canvas({ pane: "marks", padding: 0.2 });
const lines = Object.fromEntries(["districts", "focus"].map((pane) => [pane, L.svg({ pane, padding: 0.5 })]));
const MARKED = ["sites", "fuel", "existing", "substations", "stations"];
for (const name of ["districts", ...MARKED]) groups[name] = L.featureGroup();

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
function goal(ratio) {
  if (!(ratio.target > 0)) return h("span", { class: "goal" }, ratioText(ratio));
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
      known && ratio.target > 0 && h("small", {}, ` / ${num(ratio.target, 2)}`),
    );
    marker.setIcon(L.divIcon({ className: "label-box", html: content, iconSize: [0, 0] }));
  });
  placeLabels();
}
// Labels keep off each other: one that would lie on another moves aside, and is left out where there is no room. Those
// with most to count choose first.
const ASIDE = [
  [0, 0],
  [0, -0.9],
  [0, 0.9],
  [0.6, -0.7],
  [-0.6, -0.7],
  [0.6, 0.7],
  [-0.6, 0.7],
];
const clash = (a, b) => a.x < b.x + b.w + 4 && b.x < a.x + a.w + 4 && a.y < b.y + b.h + 2 && b.y < a.y + a.h + 2;
function placeLabels() {
  if (!map.hasLayer(groups.districts)) return;
  const order = labels
    .map((marker, i) => [marker, (ratioOf(PLACES.districts.id[i]) || {}).fuel_stations || 0])
    .sort((a, b) => b[1] - a[1]);
  const taken = [];
  for (const [marker] of order) {
    const element = marker.getElement();
    if (!element) continue;
    const label = element.firstChild;
    const { x, y } = map.latLngToLayerPoint(marker.getLatLng());
    const [w, h_] = [label.offsetWidth, label.offsetHeight];
    const boxes = ASIDE.map(([dx, dy]) => ({ x: x + (dx - 0.5) * w, y: y + (dy - 0.5) * h_, w, h: h_, dx, dy }));
    const free = boxes.find((box) => !taken.some((other) => clash(box, other)));
    element.classList.toggle("hidden", !free);
    if (!free) continue;
    label.style.setProperty("--dx", `${free.dx * w}px`);
    label.style.setProperty("--dy", `${free.dy * h_}px`);
    taken.push(free);
  }
}

// Marks, lowest first: unused sites, fuel, stations that stood before, substations, stations.
// From afar substations with room to spare shrink to dots, so that the tight ones are seen.
const markScale = () =>
  (small.matches ? 0.85 : 1) * Math.min(1.5, Math.max(0.45, Math.pow(1.19, map.getZoom() - 11.5)));
function scaleOf(kind, index) {
  if (VIEW.audience === "grid") return markScale() * ({ substations: 1, stations: 0.6 }[kind] || 0.8);
  if (kind !== "substations" || PLAN.substations.length < 30) return markScale();
  const level = loadingClass(loadingAt(PLAN.substations[index]));
  const far = Math.min(1, Math.max(0, (13 - map.getZoom()) / 2));
  return (
    markScale() * (1 - far * (level >= LOADING_BREAKS.length ? 0.25 : level >= LOADING_BREAKS.length - 1 ? 0.45 : 0.65))
  );
}
function mark(kind, index, latlng, parts) {
  const layer = new Mark(latlng, {
    renderer: canvas,
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
if (PLACES.sites) columnMarks("sites", PLACES.sites, siteSymbol());
columnMarks("fuel", PLACES.fuel, fuelSymbol());
columnMarks("existing", PLACES.existing, existingSymbol());
const substations = PLAN.substations.map((s, i) =>
  mark("substations", i, [s.lat, s.lon], substationSymbol(0)).addTo(groups.substations),
);
const stations = PLAN.stations.map((s, i) =>
  mark("stations", i, [s.lat, s.lon], stationSymbol({ type: 0, status: "new", colour: INK })),
);
function order() {
  for (const name of MARKED) if (map.hasLayer(groups[name])) groups[name].bringToFront();
}
function drawMarks() {
  stations.forEach((layer, i) => {
    const station = PLAN.stations[i];
    const shown = isDrawn(station) && passes(station);
    if (shown)
      layer.setParts(
        stationSymbol({ type: typeAt(station), status: statusAt(station), colour: stationColour(station) }),
      );
    if (shown) groups.stations.addLayer(layer);
    else groups.stations.removeLayer(layer);
  });
  substations.forEach((layer, i) => {
    if (passesLevel(PLAN.substations[i])) groups.substations.addLayer(layer);
    else groups.substations.removeLayer(layer);
    layer.setParts(substationSymbol(loadingClass(loadingAt(PLAN.substations[i]))));
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
  for (const name of MARKED) groups[name].eachLayer((layer) => layer.resize(scaleOf(name, layer.options.index)));
}
for (const name of MARKED) {
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
  sites: PLACES.sites ? unpack(PLACES.sites.point) : [],
  stations: PLAN.stations.map((s) => [s.lat, s.lon]),
  substations: PLAN.substations.map((s) => [s.lat, s.lon]),
  zones: zonePoints,
  districts: districtPoints,
};
