// Areas and lines: ground, zones, roads, districts. Each stands on a sheet of its own, lowest first.

const map = window.siting_map;
map.attributionControl.setPrefix("Leaflet");
for (const [name, level] of [
  ["ground", 280],
  ["zones", 300],
  ["roads", 320],
  ["pois", 330],
  ["districts", 340],
  ["focus", 420],
  ["marks", 450],
]) {
  map.createPane(name).style.zIndex = level;
}
const small = window.matchMedia("(max-width: 760px)");
const groups = {};
function fillShapes(ctx, packs, view, colour) {
  ctx.beginPath();
  for (const pack of packs) trace(ctx, pack, view);
  ctx.fillStyle = colour;
  ctx.fill();
}

// The ground: the city's own area stands out from what lies beyond it; parks and water on it.
const districtPacks = PLACES.districts.shape.map(packedShape);
const parkPacks = PLACES.parks.shape.map(packedShape);
const waterPacks = PLACES.water.shape.map(packedShape);
const hasGround = parkPacks.length + waterPacks.length > 0;
const land = new Sheet(
  (ctx, view) => {
    if (TILES.layer && map.hasLayer(TILES.layer)) return;
    fillShapes(ctx, districtPacks, view, css("--land"));
  },
  { pane: "ground" },
);
groups.ground = new Sheet(
  (ctx, view) => {
    fillShapes(ctx, parkPacks, view, css("--park"));
    fillShapes(ctx, waterPacks, view, css("--water"));
  },
  { pane: "ground" },
);
map.addLayer(land);

// Roads: one path for each tier; minor tiers only when there is room for them.
const TIERS = [
  { width: 2.6, from: 0 },
  { width: 1.9, from: 0 },
  { width: 1.3, from: 10 },
  { width: 0.9, from: 11.5 },
  { width: 0.7, from: 13 },
];
const roads = ROADS.map(packed);
groups.roads = new Sheet(
  (ctx, view) => {
    const grow = Math.pow(1.28, Math.max(-2, view.zoom - 12));
    for (let i = roads.length - 1; i >= 0; i--) {
      if (view.zoom < TIERS[i].from) continue;
      const width = Math.min(9, TIERS[i].width * grow);
      ctx.beginPath();
      trace(ctx, roads[i], view);
      ctx.strokeStyle = css(i < 2 ? "--road-major" : "--road");
      ctx.lineWidth = width;
      ctx.lineCap = width > 2 ? "round" : "butt";
      ctx.lineJoin = width > 2 ? "round" : "bevel";
      ctx.stroke();
    }
  },
  { pane: "roads" },
);

// Zones: polygons, or circles where the case gives points.
const zoneIds = PLACES.zones ? PLACES.zones.id : [];
const zonePoints = PLACES.zones ? unpack(PLACES.zones.point) : [];
const zoneWorld = Float64Array.from(zonePoints.flatMap(([lat, lng]) => [worldX(lng), worldY(lat)]));
const zonePacks = PLACES.zones ? PLACES.zones.shape.map((shape) => shape.length && packedShape(shape)) : [];
const zoneIsArea = zonePacks.some(Boolean);
const demandOf = (i, phase = state.phase) => (PLAN.zones.demand_kwh_day ? PLAN.zones.demand_kwh_day[phase][i] : null);
const mostDemand = (PLAN.zones?.demand_kwh_day || []).flat().reduce((a, b) => Math.max(a, b), 1e-9);
function zoneRadius(i, zoom) {
  const part = missing(demandOf(i)) ? 0.16 : Math.sqrt(demandOf(i) / mostDemand);
  return Math.max(zonePoints.length > 5000 ? 0.8 : 2, 10 * Math.pow(1.3, zoom - 11) * part);
}
const share = (demand, served) => (demand > 0 ? Math.min(1, served / demand) : null);
function zoneShare(i, phase = state.phase) {
  if (PLAN.zones.share) return PLAN.zones.share[phase][i];
  return share(demandOf(i, phase), PLAN.zones.served_kwh_day[phase][i]);
}
function zoneValue(i, phase = state.phase) {
  if (state.shade === "served") return zoneShare(i, phase);
  if (state.shade === "minutes") return PLAN.zones.minutes[phase][i];
  const demand = demandOf(i, phase);
  return zoneIsArea ? demand / Math.max(1e-6, PLACES.zones.km2[i]) : demand;
}
// Shading by ratio colours whole districts, and asks how much of the target is reached.
const ratioOf = (id, phase = state.phase) => PHASES[phase].ratio.districts.find((item) => item.district === id);
function reachedOf(i) {
  const ratio = ratioOf(PLACES.districts.id[i]);
  return !ratio || missing(ratio.ratio) || !(ratio.target > 0) ? null : ratio.ratio / ratio.target + 1e-9;
}
const byDistrict = () => state.shade === "ratio";
const SHADES = [
  PLAN.zones && "served",
  PLAN.zones && PLAN.zones.demand_kwh_day && "demand",
  PLAN.zones && "minutes",
  "ratio",
].filter(Boolean);
// Class breaks: round numbers, the same in every phase, so that phases can be compared.
function nice(value) {
  const power = Math.pow(10, Math.floor(Math.log10(value)));
  return [1, 1.5, 2, 2.5, 3, 4, 5, 6, 8, 10].map((m) => m * power).find((m) => m >= value * 0.999);
}
const breaksOf = { served: [0.2, 0.4, 0.6, 0.8, 0.99], ratio: [0.5, 0.75, 1, 1.25, 1.5] };
function breaks() {
  if (!breaksOf[state.shade]) {
    const last = PHASES.length - 1;
    const values = zoneIds
      .map((_, i) => zoneValue(i, last))
      .filter((v) => !missing(v) && v > 0)
      .sort((a, b) => a - b);
    const cuts = [0.2, 0.4, 0.6, 0.8, 0.95].map((q) => nice(values[Math.floor(q * (values.length - 1))] || 1));
    breaksOf[state.shade] = [...new Set(cuts)];
  }
  return breaksOf[state.shade];
}
// What needs attention stands out: much demand, long drives, but little served or reached.
function shades() {
  const colours = ramp(breaks().length + 1);
  const classes = colours.map((colour, i) => [colour, 0.26 + (0.36 * i) / (colours.length - 1)]);
  return state.shade === "served" || state.shade === "ratio" ? classes.reverse() : classes;
}
function classOf(value) {
  if (missing(value)) return -1;
  const limits = breaks();
  let above = 0;
  while (above < limits.length && value >= limits[above]) above++;
  return above;
}
function paintClasses(ctx, view, classes, add) {
  const looks = [[css("--no-data"), 0.25], ...shades()];
  looks.forEach(([colour, alpha], n) => {
    ctx.fillStyle = ctx.strokeStyle = colour;
    ctx.globalAlpha = alpha;
    ctx.beginPath();
    classes.forEach((number, i) => number + 1 === n && add(i));
    ctx.fill();
    ctx.globalAlpha = alpha * 0.6;
    ctx.lineWidth = 0.6;
    if (zoneIsArea || byDistrict()) ctx.stroke();
  });
  ctx.globalAlpha = 1;
}
groups.zones = new Sheet(
  (ctx, view) => {
    if (byDistrict()) {
      const reached = districtPacks.map((_, i) => classOf(reachedOf(i)));
      paintClasses(ctx, view, reached, (i) => trace(ctx, districtPacks[i], view));
      return;
    }
    const [west, north, east, south] = view.box;
    paintClasses(ctx, view, zoneIds.map((_, i) => classOf(zoneValue(i))), (i) => {
      if (zonePacks[i]) {
        trace(ctx, zonePacks[i], view);
        return;
      }
      const [x, y] = [zoneWorld[2 * i], zoneWorld[2 * i + 1]];
      if (x < west || x > east || y < north || y > south) return;
      dot(ctx, x * view.scale - view.left, y * view.scale - view.top, zoneRadius(i, view.zoom));
    });
  },
  { pane: "zones" },
);
// A small dot is a square, painted at once: nobody sees the corners, and a path of many thousand parts takes long.
function dot(ctx, x, y, r) {
  if (r < 2.2) ctx.fillRect(x - r, y - r, 2 * r, 2 * r);
  else {
    ctx.moveTo(x + r, y);
    ctx.arc(x, y, r, 0, 2 * Math.PI);
  }
}
const drawZones = () => groups.zones.redraw();

// The points that demand was shared by, larger with their weight.
const poiPoints = PLACES.pois ? unpack(PLACES.pois.point) : [];
const poiWorld = Float64Array.from(poiPoints.flatMap(([lat, lng]) => [worldX(lng), worldY(lat)]));
const mostWeight = poiPoints.length ? PLACES.pois.weight.reduce((a, b) => Math.max(a, b), 1e-9) : 1;
groups.pois = new Sheet(
  (ctx, view) => {
    const [west, north, east, south] = view.box;
    const most = Math.max(1.2, 2.4 * Math.pow(1.25, view.zoom - 12));
    ctx.fillStyle = css("--poi");
    ctx.globalAlpha = 0.7;
    ctx.beginPath();
    for (let i = 0; i < poiPoints.length; i++) {
      const [x, y] = [poiWorld[2 * i], poiWorld[2 * i + 1]];
      if (x < west || x > east || y < north || y > south) continue;
      const r = Math.max(0.8, most * Math.sqrt(PLACES.pois.weight[i] / mostWeight));
      dot(ctx, x * view.scale - view.left, y * view.scale - view.top, r);
    }
    ctx.fill();
    ctx.globalAlpha = 1;
  },
  { pane: "pois" },
);

// What lies under a click: a ray to the left crosses a ring an odd number of times from inside.
function inPack({ xy, ends, count }, x, y) {
  let inside = false;
  for (let n = 0; n < count; n++) {
    const from = n ? ends[n - 1] : 0;
    for (let i = from, j = ends[n] - 2; i < ends[n]; j = i, i += 2) {
      const [xi, yi, xj, yj] = [xy[i], xy[i + 1], xy[j], xy[j + 1]];
      if (yi > y !== yj > y && x < ((xj - xi) * (y - yi)) / (yj - yi) + xi) inside = !inside;
    }
  }
  return inside;
}
function areaUnder(latlng) {
  if (!map.hasLayer(groups.zones)) return null;
  const [x, y] = [worldX(latlng.lng), worldY(latlng.lat)];
  if (byDistrict()) {
    const i = districtPacks.findIndex((pack) => inPack(pack, x, y));
    return i < 0 ? null : ["districts", i];
  }
  const scale = Math.pow(2, map.getZoom());
  const near = (i) => {
    const away = Math.hypot(zoneWorld[2 * i] - x, zoneWorld[2 * i + 1] - y) * scale;
    return away <= Math.max(5, zoneRadius(i, map.getZoom()));
  };
  const i = zoneIds.findIndex((_, n) => (zonePacks[n] ? inPack(zonePacks[n], x, y) : near(n)));
  return i < 0 ? null : ["zones", i];
}
const zoneLatLngs = (i) => PLACES.zones.shape[i].map((polygon) => polygon.map(unpack));
