// One map for each plan over the same ground, all moving as one.

const $ = (id) => document.getElementById(id);
const PLANS = PLAN.plans;
const CHANGES = ["kept", "resized", "moved", "new", "dropped"];
const small = window.matchMedia("(max-width: 760px)");
state.mode = "changes";
state.phase = "last";
state.plan = 1; // shown on a phone: the first with changes

const districtPacks = PLACES.districts.shape.map(packedShape);
const parkPacks = PLACES.parks.map(packedShape);
const waterPacks = PLACES.water.map(packedShape);
const roadPacks = ROADS.map(packed);
const WIDTHS = [2.4, 1.7, 1.1, 0.8, 0.6];
const ROADS_FROM = [0, 0, 10.5, 12, 13.5];

function fillShapes(ctx, packs, view, colour) {
  ctx.beginPath();
  for (const pack of packs) trace(ctx, pack, view);
  ctx.fillStyle = colour;
  ctx.fill();
}
function drawGround(ctx, view) {
  fillShapes(ctx, districtPacks, view, css("--land"));
  fillShapes(ctx, parkPacks, view, css("--park"));
  fillShapes(ctx, waterPacks, view, css("--water"));
}
function drawRoads(ctx, view) {
  const grow = Math.pow(1.28, Math.max(-2, view.zoom - 12));
  for (let i = roadPacks.length - 1; i >= 0; i--) {
    if (view.zoom < ROADS_FROM[i]) continue;
    ctx.beginPath();
    trace(ctx, roadPacks[i], view);
    ctx.strokeStyle = css(i < 2 ? "--road-major" : "--road");
    ctx.lineWidth = Math.min(8, WIDTHS[i] * grow);
    ctx.lineJoin = "round";
    ctx.stroke();
  }
}
function drawBorders(ctx, view) {
  ctx.beginPath();
  for (const pack of districtPacks) trace(ctx, pack, view);
  ctx.strokeStyle = css("--border");
  ctx.lineWidth = 1;
  ctx.stroke();
}

// What became of a station has a shape as well as a colour.
const changeColour = (change) =>
  ({ kept: css("--kept"), resized: OKABE.sky, moved: OKABE.pink, new: OKABE.orange, dropped: OKABE.blue })[change];
function changeSymbol(change) {
  const colour = changeColour(change);
  if (change === "kept") return [{ shape: "circle", r: 3.2, fill: colour, stroke: css("--halo"), width: 0.8 }];
  if (change === "dropped") {
    return [
      { shape: "circle", r: 6.4, fill: css("--halo"), stroke: colour, width: 1.8 },
      { shape: "cross", r: 5.4, stroke: colour, width: 2.2 },
    ];
  }
  const shape = { new: "hexagon", resized: "square", moved: "diamond" }[change];
  return [
    { shape, r: 7.8, fill: css("--halo") },
    { shape, r: 6.4, fill: colour, stroke: INK, width: 0.9 },
  ];
}
const plainSymbol = (type) => {
  const shape = TYPE_SHAPES[rankOf(type) % TYPE_SHAPES.length];
  const r = typeRadius(type) * 0.85;
  return [
    { shape, r: r + 1.2, fill: css("--halo") },
    { shape, r, fill: OKABE.orange, stroke: INK, width: 0.9 },
  ];
};
// Loading of the first plan's substations in classes; of the others the change, in points of the limit.
const SHIFTS = [-0.1, -0.02, 0.02, 0.1];
const SHIFT_COLOURS = ["#2166ac", "#92c5de", "#d9d9d9", "#f4a582", "#b2182b"];
const shiftClass = (change) => {
  const at = SHIFTS.findIndex((limit) => change <= limit);
  return at < 0 ? SHIFTS.length : at;
};
const coils = (fill, r = 8) => [
  { shape: "coils", r, stroke: css("--halo"), width: 4 },
  { shape: "coils", r, fill, stroke: css("--ring"), width: 1.1 },
];

// Which phase of a plan is meant: the one of that name, or its last.
function phaseOf(plan) {
  if (state.phase === "last") return plan.phases.length - 1;
  return plan.phases.findIndex(([name]) => name === state.phase);
}
const firstLoading = () =>
  new Map(PLANS[0].substations.map((s) => [s.id, s.loading[phaseOf(PLANS[0])]]));

function marksOf(number) {
  const plan = PLANS[number];
  const phase = phaseOf(plan);
  if (phase < 0) return [];
  if (state.mode === "grid") {
    const before = firstLoading();
    return plan.substations.map((s) => {
      const loading = s.loading[phase];
      const change = number ? loading - (before.get(s.id) ?? loading) : 0;
      const fill = number ? SHIFT_COLOURS[shiftClass(change)] : loadingColour(loadingClass(loading));
      const still = number > 0 && shiftClass(change) === 2;
      return { at: s, parts: coils(fill, still ? 5 : 8), said: () => gridSaid(s, loading, number ? change : null) };
    });
  }
  const changes = number ? plan.changes[state.phase] : null;
  if (state.mode === "changes" && changes) {
    const rank = (item) => (item.change === "kept" ? 0 : 1);
    return [...changes]
      .sort((a, b) => rank(a) - rank(b))
      .map((item) => ({ at: item, parts: changeSymbol(item.change), said: () => changeSaid(item), from: item.from }));
  }
  return plan.stations
    .filter((s) => s.types[phase] >= 0)
    .map((s) => ({ at: s, parts: plainSymbol(s.types[phase]), said: () => [named(s), TYPES[s.types[phase]].key] }));
}
const typeName = (type) => (type < 0 ? "–" : TYPES[type].key);
function changeSaid(item) {
  const lines = [named(item), t(`cmp_${item.change}`)];
  if (item.change === "moved") lines.push(t("cmp_moved_by", { m: num(item.m) }));
  if (item.old !== item.type) lines.push(`${typeName(item.old)} → ${typeName(item.type)}`);
  else lines.push(typeName(item.type));
  return lines;
}
function gridSaid(s, loading, change) {
  const lines = [named(s), t("cmp_loading", { share: percent(loading) })];
  if (change !== null) lines.push(t("cmp_loading_change", { points: signed(change * 100, 1) }));
  return lines;
}
function signed(value, digits = 0) {
  const text = num(Math.abs(value), digits);
  if (!/[1-9]/.test(text)) return num(0, 0);
  return (value < 0 ? "−" : "+") + text;
}

const views = PLANS.map((plan, number) => {
  const box = h("div", { class: "map", id: `map-${number}` });
  const head = h("div", { class: "plan-head" });
  $("maps").append(h("section", { class: "plan", "data-plan": number }, head, box));
  const map = L.map(box, {
    zoomControl: number === 0,
    attributionControl: number === PLANS.length - 1,
    zoomAnimation: false,
    fadeAnimation: false,
    inertia: false,
    zoomSnap: 0.25,
    minZoom: 3,
    maxZoom: 18,
    keyboard: true,
  });
  for (const [name, level] of [["ground", 280], ["roads", 320], ["borders", 340], ["marks", 450]]) {
    map.createPane(name).style.zIndex = level;
  }
  if (map.attributionControl) map.attributionControl.setPrefix("Leaflet");
  const sheets = [
    new Sheet(drawGround, { pane: "ground" }),
    new Sheet(drawRoads, { pane: "roads" }),
    new Sheet(drawBorders, { pane: "borders" }),
  ];
  const canvas = L.canvas({ pane: "marks", padding: 0.25 });
  const marks = L.featureGroup();
  marks.bindTooltip((layer) => h("div", {}, layer.options.said().map((line, i) => h(i ? "span" : "b", {}, given(line)))), {
    direction: "top",
    className: "tip",
  });
  return { plan, number, map, sheets, canvas, marks, head };
});

const scale = (map) => (small.matches ? 0.9 : 1) * Math.min(1.4, Math.max(0.55, Math.pow(1.17, map.getZoom() - 11)));
function drawMarks() {
  for (const { map, canvas, marks, number } of views) {
    marks.clearLayers();
    for (const { at, parts, said, from } of marksOf(number)) {
      if (from) {
        const ends = [[from[1], from[0]], [at.lat, at.lon]];
        const look = { renderer: canvas, pane: "marks", interactive: false, color: changeColour("moved"), weight: 2 };
        marks.addLayer(L.polyline(ends, look));
      }
      const mark = new Mark([at.lat, at.lon], { renderer: canvas, pane: "marks", parts, scale: 1, said });
      marks.addLayer(mark.resize(scale(map)));
    }
  }
}

// One hand moves all: where it leads is kept, so that a map that was hidden, or changed its size, comes back to it.
let at = null;
let led = false;
function goThere(view) {
  if (view.map.getSize().x) view.map.setView(at.centre, at.zoom, { animate: false });
}
function follow(view) {
  if (led || !view.map.getSize().x) return;
  led = true;
  at = { centre: view.map.getCenter(), zoom: view.map.getZoom() };
  for (const other of views) if (other !== view) goThere(other);
  led = false;
}
function resized(view) {
  led = true;
  view.map.invalidateSize({ animate: false, pan: false });
  goThere(view);
  led = false;
}
function startMaps() {
  const [west, south, east, north] = PLACES.bounds;
  const box = L.latLngBounds([south, west], [north, east]);
  const shown = views[small.matches ? state.plan : 0].map;
  at = { centre: box.getCenter(), zoom: shown.getBoundsZoom(box, false, L.point(24, 24)) };
  for (const view of views) {
    const { map, sheets, marks } = view;
    map.setView(at.centre, at.zoom, { animate: false });
    for (const sheet of sheets) map.addLayer(sheet);
    map.addLayer(marks);
    map.on("move", () => follow(view));
    map.on("zoomend", () => marks.eachLayer((layer) => layer.resize?.(scale(map))));
    new ResizeObserver(() => resized(view)).observe(map.getContainer());
  }
  drawMarks();
}
