// What-if: put what is tried in the plan's place on the page, so that every view, mark and label shows it; and back.

// Whatever is changed on the page is replaced there, never changed within, so that what is kept here stays as it is.
const withAt = (list, place, value) => Object.assign([...list], { [place]: value });
const PLAN_AS_IT_IS = canTry
  ? {
      phases: PLAN.phases.map(({ kpis, ratio }) => ({ kpis, ratio })),
      stations: PLAN.stations.map((s) => ({ ...s })),
      substations: PLAN.substations.map((s) => ({ ...s })),
      zones: { ...PLAN.zones },
      service: PLAN.service,
    }
  : null;
const found_ = []; // by phase: what was counted last
const stationOf = new Map(); // site: its place among PLAN.stations, where it was no station of the plan

function shownType(k) {
  if (k < 0) return -1;
  const { key, guns, super_guns: superGuns } = WHAT.types[k];
  const at = TYPES.findIndex((type) => type.key === key);
  return at >= 0 ? at : TYPES.push({ key, guns, plain: !superGuns }) - 1;
}
// A station on the page for an unused site, made when it is first tried.
function stationAt(s) {
  if (s < PLANNED_COUNT) return s;
  if (!stationOf.has(s)) {
    const [lat, lon] = sitePlace(s);
    const i = PLAN.stations.length;
    stationOf.set(s, i);
    PLAN.stations.push({ ...siteItem(s), lat, lon, district: siteDistrict(s), host: "", substation: null });
    positions.stations.push([lat, lon]);
    stations.push(mark("stations", i, [lat, lon], stationSymbol({ type: 0, status: "new", colour: INK })));
    index = null;
  }
  return stationOf.get(s);
}
function stationTried(s) {
  const column = columnOf(tried.now, s);
  const first = WHAT.sites.initial[s];
  const last = column[PHASE_COUNT - 1];
  const [changes, off] = [stepsOf(column, first), column.findIndex((k, p) => k < 0 && tried.planned[p][s] >= 0)];
  const status = last < 0 ? "closed" : first < 0 ? "new" : last === first ? "kept" : "upgraded";
  const since = status === "closed" ? Math.max(off, 0) : changes.length ? changes.at(-1)[0] : 0;
  const type = WHAT.types[last];
  return {
    types: column.map(shownType),
    status,
    phase: status === "new" ? changes[0][0] : since,
    guns: type ? type.guns : 0,
    super_guns: type ? type.super_guns : 0,
    kw: type ? type.kw : 0,
    ...MONEY.counted?.([s], tried.now[PHASE_COUNT - 1]),
    ...(WHAT.load && {
      served: column.map(() => null),
      peak_kw: column.map((k) => (k < 0 ? 0 : WHAT.types[k].peak_kw)),
      substation: substationOf(s),
    }),
  };
}
// The phase on show is counted at once; the others as soon as that is on the screen, or when they are asked for.
function showTried() {
  const started = performance.now();
  const on = trying();
  document.documentElement.dataset.whatIf = on ? "on" : "off";
  for (const p of tried.dirty) found_[p] = null;
  tried.dirty.clear();
  if (on) {
    putStations();
    putPhase(state.phase);
    setTimeout(finishTried, 0);
  } else putPlan();
  keepInAddress();
  keepPopup();
  updatePhase();
  renderBar();
  drawMarks();
  drawZones();
  drawLabels();
  drawRings();
  refreshPopup();
  renderView(state.tab);
  renderWhatIf();
  document.documentElement.dataset.whatIfMs = (performance.now() - started).toFixed(1);
}
function putPlan() {
  const asItIs = PLAN_AS_IT_IS;
  found_.length = 0;
  pending.clear();
  PLAN.phases.forEach((phase, p) => Object.assign(phase, asItIs.phases[p]));
  putPlanStations();
  asItIs.substations.forEach((s, i) => Object.assign(PLAN.substations[i], s));
  if (PLAN.zones) Object.assign(PLAN.zones, asItIs.zones);
  PLAN.service = asItIs.service;
}
const pending = new Set();
function putStations() {
  putPlanStations();
  for (const s of changedSites()) {
    const at = stationAt(s);
    Object.assign(PLAN.stations[at], stationTried(s));
  }
  PLAN_AS_IT_IS.substations.forEach((s, i) => Object.assign(PLAN.substations[i], s));
  PHASES.forEach((_, p) => pending.add(p));
}
function putPhase(p) {
  if (!trying() || !pending.delete(p)) return;
  found_[p] ||= triedKpis(p);
  const now = found_[p];
  Object.assign(PHASES[p], { kpis: now.kpis, ratio: now.ratio });
  if (now.steps) putLoads(p, now.steps);
  if (now.flow) putEnergy(p, now);
  else for (const s of PLAN.stations) if (s.served) s.served = withAt(s.served, p, null);
}
function finishTried() {
  const p = [...pending][0];
  if (!trying() || p === undefined) return;
  putPhase(p);
  if (pending.size) setTimeout(finishTried, 0);
  else if (state.tab === "overview") renderView("overview"); // its table has every phase
}
// The popup of an unused site becomes that of the station there, and back.
function keepPopup() {
  if (!opened) return;
  const s = siteInHand();
  if (s === null || s < PLANNED_COUNT) return;
  const stands = stationOf.has(s) && isShown(PLAN.stations[stationOf.get(s)]);
  if (stands === (opened.kind === "stations")) return;
  opened = stands ? { kind: "stations", i: stationOf.get(s) } : { kind: "sites", i: s - PLANNED_COUNT };
}
function putPlanStations() {
  PLAN_AS_IT_IS.stations.forEach((s, i) => Object.assign(PLAN.stations[i], s));
  for (const i of stationOf.values()) Object.assign(PLAN.stations[i], { types: PHASES.map(() => -1), status: "new" });
}
function putLoads(p, loads) {
  for (const { i, step, day } of loads) {
    const substation = PLAN.substations[i];
    substation.steps = withAt(substation.steps, p, step);
    substation.charging = withAt(substation.charging, p, day);
  }
}
// Who charges where: of several best assignments, one.
function putEnergy(p, { flow, covered }) {
  const { pairs, longest } = reach();
  const [kwh, spent] = [new Float64Array(covered.length), new Float64Array(covered.length)];
  const [rows, bySite] = [[], new Float64Array(WHAT.sites.number.length)];
  for (let a = 0; a < pairs.zone.length; a++) {
    if (flow.flow[a] < 0.05) continue;
    const [zone, site, sent] = [pairs.zone[a], pairs.site[a], flow.flow[a]];
    const minutes = (pairs.steps[a] * longest) / STEPS;
    kwh[zone] += sent;
    spent[zone] += sent * minutes;
    bySite[site] += sent;
    rows.push(stationAt(site), zone, sent, minutes);
  }
  PLAN.service = withAt(PLAN.service, p, rows);
  const shown = {
    served_kwh_day: Array.from(kwh),
    minutes: Array.from(kwh, (sum, z) => (sum ? spent[z] / sum : null)),
    covered: Array.from(covered),
  };
  for (const [name, column] of Object.entries(shown)) PLAN.zones[name] = withAt(PLAN.zones[name], p, column);
  bySite.forEach((sum, s) => {
    if (!isSuper(tried.now[p][s]) && !isSuper(tried.planned[p][s])) return;
    const at = s < PLANNED_COUNT ? s : stationOf.get(s);
    if (at === undefined) return;
    PLAN.stations[at].served = withAt(PLAN.stations[at].served || PHASES.map(() => 0), p, sum);
  });
}
const rings = L.layerGroup().addTo(map);
function drawRings() {
  rings.clearLayers();
  const look = { renderer: lines.focus, pane: "focus", interactive: false, radius: 16, className: "what-if-ring" };
  for (const s of changedSites()) L.circleMarker(sitePlace(s), look).addTo(rings);
}
