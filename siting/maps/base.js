// What every part uses: the data blocks, text in two languages, numbers, and elements made without markup.

const read = (id) => JSON.parse(document.getElementById(id).textContent);
const VIEW = read("siting-view");
const TEXT = read("siting-strings");
const PLAN = read("siting-plan");
const PLACES = read("siting-places");
const ROADS = read("siting-roads");
const LICENCE = read("siting-licence");
const PHASES = PLAN.phases;
const TYPES = PLAN.types;
const UNITS = PLACES.units;

// What only some readers get; each part fills in its own, and the rest of the script asks here.
const MONEY = {};
const TILES = { layer: null };

const spoken = (navigator.language || "").toLowerCase().startsWith("zh") ? "zh" : "en";
const state = {
  lang: VIEW.languages.includes(spoken) ? spoken : VIEW.languages[0],
  phase: PHASES.length - 1,
  shade: PLAN.zones ? "served" : "ratio",
  colour: "phase",
  tab: "overview",
  hour: null, // of the day whose loads colour the substations; null: each one's worst
};

// Text: one catalogue, a text for each language of the page; {name} is filled in.
function t(key, values = {}) {
  const text = Object.hasOwn(TEXT, key) ? TEXT[key][VIEW.languages.indexOf(state.lang)] : key;
  return text.replace(/\{(\w+)\}/g, (whole, name) => (name in values ? values[name] : whole));
}
const choose = (text, textZh) => (state.lang === "zh" && textZh ? textZh : text);
const named = (item) => choose(item.name, item.name_zh);
// A row of a layer kept in columns.
function row(layer, i) {
  const name = layer.name ? layer.name[i] : layer.id[i];
  return { id: layer.id[i], name, name_zh: layer.name_zh ? layer.name_zh[i] : "" };
}
const districtRow = new Map(PLACES.districts.id.map((id, i) => [id, i]));
function districtName(id) {
  return districtRow.has(id) ? named(row(PLACES.districts, districtRow.get(id))) : id;
}
const districtAt = (number) => (number < 0 ? "–" : districtName(PLACES.districts.id[number]));

// Numbers, as the reader's language writes them; nothing known is a dash.
const missing = (value) => value === null || value === undefined;
const formats = {};
function num(value, digits = 0) {
  if (missing(value)) return "–";
  const locale = state.lang === "zh" ? "zh-CN" : "en-GB";
  const look = { minimumFractionDigits: digits, maximumFractionDigits: digits };
  formats[locale + digits] ??= new Intl.NumberFormat(locale, look);
  return formats[locale + digits].format(value);
}
const percent = (value, digits = 1) => (missing(value) ? "–" : `${num(value * 100, digits)}\u00a0%`);
const hour = (value) => `${String(value).padStart(2, "0")}:00`;
function proof(gap) {
  if (gap < 5e-7) return "0 %";
  return gap < 1e-4 ? "< 0.01 %" : percent(gap, 2);
}

// Elements. Text becomes text nodes, never markup; styles go through the object model, as the page's policy asks.
function fill(element, attributes, children) {
  for (const [key, value] of Object.entries(attributes || {})) {
    if (missing(value) || value === false) continue;
    if (key.startsWith("on")) element.addEventListener(key.slice(2), value);
    else if (key === "style") for (const [p, v] of Object.entries(value)) element.style.setProperty(p, v);
    else element.setAttribute(key, value === true ? "" : value);
  }
  for (const child of children.flat(Infinity)) {
    if (!missing(child) && child !== false) element.append(child);
  }
  return element;
}
const h = (tag, attributes, ...children) => fill(document.createElement(tag), attributes, children);
const svg = (tag, attributes, ...children) =>
  fill(document.createElementNS("http://www.w3.org/2000/svg", tag), attributes, children);
// Text that came with the data: kept from turning its surroundings right-to-left.
const given = (text) => h("bdi", { class: "given" }, text);

// Colours. Okabe-Ito for classes; viridis for quantities, from the end that is quiet on this ground to the end that stands out.
const OKABE = {
  orange: "#e69f00",
  sky: "#56b4e9",
  green: "#009e73",
  yellow: "#f0e442",
  blue: "#0072b2",
  red: "#d55e00",
  pink: "#cc79a7",
};
const PHASE_COLOURS = [OKABE.orange, OKABE.sky, OKABE.pink, OKABE.blue, OKABE.yellow, OKABE.red, OKABE.green];
const VIRIDIS = ["#440154", "#414487", "#2a788e", "#22a884", "#7ad151", "#fde725"];
const dark = window.matchMedia("(prefers-color-scheme: dark)");
function ramp(n) {
  const colours = Array.from(
    { length: n },
    (_, i) => VIRIDIS[Math.round((i * (VIRIDIS.length - 1)) / Math.max(1, n - 1))],
  );
  return dark.matches ? colours : colours.reverse();
}
// Classes of a station's status; grey for what the plan leaves alone, darker or lighter by the ground.
const statusColour = (status) =>
  ({ new: OKABE.orange, upgraded: OKABE.sky, kept: css("--kept"), closed: css("--closed") })[status];
const css = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

// The plan, as one phase sees it.
function typeAt(station, phase = state.phase) {
  return station.types[phase];
}
const isOpen = (station, phase = state.phase) => typeAt(station, phase) >= 0;
function statusAt(station, phase = state.phase) {
  if (station.status === "upgraded" || station.status === "closed")
    return station.phase <= phase ? station.status : "kept";
  return station.status;
}
const isShown = (station) => isOpen(station) || statusAt(station) === "closed";
// Plain fast stations that the plan leaves as they are belong to what stood before, not to the answer.
const isPlain = (station) => isOpen(station) && TYPES[typeAt(station)].plain && statusAt(station) === "kept";
const isDrawn = (station) => isShown(station) && !isPlain(station);
function gunsAt(station) {
  if (!isOpen(station)) return 0;
  const last = station.types[PHASES.length - 1];
  return typeAt(station) === last ? station.guns : TYPES[typeAt(station)].guns;
}
const meets = (ratio) => missing(ratio.ratio) || ratio.ratio >= ratio.target - 1e-9;
// 1.118 of 1.12 is not yet 1.12: a ratio that falls short by a hair is rounded down.
function ratioText(ratio) {
  if (meets(ratio)) return num(ratio.ratio, 2);
  return num(Math.min(ratio.ratio, Math.ceil(ratio.target * 100 - 1e-9) / 100 - 0.01), 2);
}
const stepAt = (substation, phase = state.phase) => substation.steps[phase];
const limitAt = (substation) => substation.limit_mw + stepAt(substation).added_mw;
function loadingAt(substation) {
  if (state.hour === null) return stepAt(substation).loading;
  const at = (loads) => loads[state.phase][state.hour];
  return (at(substation.base) + at(substation.charging)) / limitAt(substation);
}
const LIMIT_TOLERANCE = 1 + 1e-9;
const isOver = (substation) => stepAt(substation).loading > LIMIT_TOLERANCE;
const isOverBare = (substation) => Math.max(...substation.base[state.phase]) > limitAt(substation) * LIMIT_TOLERANCE;
const ranked = () => PLAN.substations.map((s, i) => [s, i]).sort((a, b) => stepAt(b[0]).loading - stepAt(a[0]).loading);
