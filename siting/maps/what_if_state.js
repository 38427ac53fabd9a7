// What-if: which type stands where in the plan, and which in what the reader tries. Types are numbered in rising rank,
// sites as the plan's stations and then the unused sites; -1: nothing stands there.

const WHAT = read("siting-what-if");
const canTry = Boolean(WHAT) && !WHAT.senseless;
const PHASE_COUNT = PHASES.length;
const PLANNED_COUNT = PLAN.stations.length;
const tried = { planned: [], now: [], past: [], dirty: new Set(), changed: [] };
if (canTry) {
  const rank = new Map(WHAT.types.map((type, k) => [type.key, k]));
  for (let p = 0; p < PHASE_COUNT; p++) {
    const types = new Int8Array(WHAT.sites.number.length).fill(-1);
    PLAN.stations.forEach((s, i) => {
      if (s.types[p] >= 0) types[i] = rank.get(TYPES[s.types[p]].key);
    });
    tried.planned.push(types);
    tried.now.push(types.slice());
  }
}
const isSuper = (k) => k >= 0 && WHAT.types[k].super_guns > 0;
const columnOf = (rows, s) => rows.map((types) => types[s]);
const sameColumn = (a, b) => a.every((k, p) => k === b[p]);
const isTried = (s) => !sameColumn(columnOf(tried.now, s), columnOf(tried.planned, s));
// In the order in which they were changed last.
const changedSites = () => tried.changed;
const trying = () => tried.changed.length > 0;
const mayHold = (s, k) => Math.floor(WHAT.sites.allowed[s] / 2 ** k) % 2 === 1;
// Types a reader may choose for a site: those its ground and the rules allow, and what the plan has there.
const choicesAt = (s) =>
  WHAT.types.map((_, k) => k).filter((k) => (mayHold(s, k) && isSuper(k)) || columnOf(tried.planned, s).includes(k));

// Off: nothing stands there, or, on a site where a plain fast station stood, that one as it was.
const offAt = (s) => (WHAT.sites.initial[s] >= 0 && !isSuper(WHAT.sites.initial[s]) ? WHAT.sites.initial[s] : -1);
// A change holds from its phase on. Before, nothing may be larger: no station closes or shrinks once it is built.
function columnWith(s, phase, kind) {
  const first = WHAT.sites.initial[s];
  return columnOf(tried.now, s).map((was, p) => {
    if (p >= phase) return kind;
    if (kind < 0) return first < 0 ? -1 : first;
    return was > kind ? Math.max(kind, first) : was;
  });
}
function putColumn(s, column) {
  column.forEach((k, p) => {
    if (tried.now[p][s] !== k) tried.dirty.add(p);
    tried.now[p][s] = k;
  });
  tried.changed = tried.changed.filter((other) => other !== s);
  if (isTried(s)) tried.changed.push(s);
}
// Set sites at once, as one step that can be undone: [site, column] each.
function putAll(columns) {
  const before = columns.map(([s]) => [s, columnOf(tried.now, s)]);
  if (columns.every(([s, column], n) => sameColumn(column, before[n][1]))) return;
  tried.past.push(before);
  for (const [s, column] of columns) putColumn(s, column);
  showTried();
}
const tryType = (s, kind) => putAll([[s, columnWith(s, state.phase, kind)]]);
// Off and on again in one phase is as before; on in a later phase holds from there on.
const offs = new Map();
function switchOff(s) {
  offs.set(s, { phase: state.phase, column: columnOf(tried.now, s) });
  tryType(s, offAt(s));
}
function switchOn(s, kind) {
  const { phase, column } = offs.get(s) || {};
  if (phase === state.phase && column[phase] === kind) putAll([[s, column]]);
  else tryType(s, kind);
}
const takeBack = (s) => putAll([[s, columnOf(tried.planned, s)]]);
const takeAllBack = () => putAll(changedSites().map((s) => [s, columnOf(tried.planned, s)]));
function undo() {
  const last = tried.past.pop();
  if (!last) return;
  for (const [s, column] of last) putColumn(s, column);
  showTried();
}
// The steps of a site's column: [phase, type], from the first phase on, one for each change.
function stepsOf(column, first = -1) {
  const steps = [];
  column.forEach((k, p) => {
    if (k !== (p ? column[p - 1] : first)) steps.push([p, k]);
  });
  return steps;
}
const siteItem = (s) => (s < PLANNED_COUNT ? PLAN.stations[s] : row(PLACES.sites, s - PLANNED_COUNT));
const sitePlace = (s) => (s < PLANNED_COUNT ? positions.stations[s] : positions.sites[s - PLANNED_COUNT]);
const siteDistrict = (s) =>
  s < PLANNED_COUNT ? PLAN.stations[s].district : PLACES.districts.id[PLACES.sites.district[s - PLANNED_COUNT]];
