// Tools: measure a way, fill the screen, print, and save the stations for a spreadsheet.

const ICONS = {
  measure: "M3 15.5 15.5 3 21 8.5 8.5 21ZM7 11.5 9 13.5M10 8.5 13 11.5M13 5.5 15 7.5",
  full: "M4 9V4H9M15 4H20V9M20 15V20H15M9 20H4V15",
  print: "M7 9V4H17V9M7 17H4V9H20V17H17M7 14H17V20H7Z",
};
const icon = (name) =>
  svg(
    "svg",
    { viewBox: "0 0 24 24", width: 18, height: 18, "aria-hidden": "true", class: "icon" },
    svg("path", { d: ICONS[name] }),
  );
const toolButton = (name, attributes) =>
  h("button", { type: "button", id: `tool-${name}`, title: t(`tool_${name}`), "aria-label": t(`tool_${name}`), ...attributes }, icon(name));
function renderTools() {
  const tools = [
    toolButton("measure", { "aria-pressed": String(Boolean(measuring)), onclick: toggleMeasure }),
    document.fullscreenEnabled && toolButton("full", { onclick: toggleFull }),
    toolButton("print", { onclick: () => window.print() }),
  ];
  $("tools").replaceChildren(...tools.filter(Boolean));
  showLength();
}
function toggleFull() {
  if (document.fullscreenElement) document.exitFullscreen();
  else $("stage").requestFullscreen();
}

// Measuring: each click adds a corner, Backspace takes the last away, Escape ends it.
let measuring = null;
const taped = { renderer: lines.focus, pane: "focus", interactive: false };
const tape = L.polyline([], { ...taped, className: "tape" });
const corners = L.featureGroup();
function toggleMeasure() {
  measuring = measuring ? null : [];
  map.closePopup(popup);
  for (const layer of [tape, corners]) {
    if (measuring) layer.addTo(map);
    else layer.remove();
  }
  map.doubleClickZoom[measuring ? "disable" : "enable"]();
  $("stage").classList.toggle("measuring", Boolean(measuring));
  drawTape();
  renderTools();
}
function drawTape() {
  tape.setLatLngs(measuring || []);
  corners.clearLayers();
  for (const at of measuring || []) L.circleMarker(at, { ...taped, radius: 4, className: "tape-corner" }).addTo(corners);
  showLength();
}
function addCorner(latlng) {
  measuring.push(latlng);
  drawTape();
}
// Metres on a sphere of 6,371 km, as Leaflet measures.
const tapeLength = () => (measuring || []).slice(1).reduce((sum, p, i) => sum + map.distance(measuring[i], p), 0);
function showLength() {
  const box = $("measured");
  box.hidden = !measuring;
  if (!measuring) return;
  const m = tapeLength();
  const length = m < 1000 ? `${num(m)} ${t("unit_m")}` : `${num(m / 1000, 2)} ${t("unit_km")}`;
  box.replaceChildren(
    h("b", {}, length),
    h("span", { class: "fine" }, t("measure_hint")),
    h("button", { type: "button", class: "link", onclick: toggleMeasure }, t("measure_end")),
  );
}
function measureKey(e) {
  if (!measuring) return;
  if (e.key === "Escape") toggleMeasure();
  else if (e.key === "Backspace" && !e.target.closest("input, select, textarea")) {
    measuring.pop();
    drawTape();
  }
}

// A table for spreadsheets: text that would be read as a formula gets an apostrophe before it.
function csvCell(value) {
  if (typeof value === "number") return String(value);
  const text = String(missing(value) ? "" : value);
  const tame = /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
  return /[",\n\r]/.test(tame) ? `"${tame.replaceAll('"', '""')}"` : tame;
}
function stationsCsv(rows) {
  const columns = [
    ["id", (s) => s.id],
    ["name", (s) => s.name],
    ["name_zh", (s) => s.name_zh],
    ["lon", (s) => s.lon],
    ["lat", (s) => s.lat],
    ["district", (s) => s.district],
    ["status", (s) => statusAt(s)],
    ["type", (s) => (isOpen(s) ? TYPES[typeAt(s)].key : "")],
    ["guns", (s) => gunsAt(s)],
    ["served_kwh_day", (s) => s.served && s.served[state.phase]],
    ["peak_kw", (s) => s.peak_kw && s.peak_kw[state.phase]],
    ["what_if", () => (trying() ? "not optimised" : null)],
    MONEY.cell,
  ].filter((column) => column && rows.some(([s]) => !missing(column[1](s))));
  const lines_ = [columns.map(([name]) => name), ...rows.map(([s]) => columns.map(([, value]) => csvCell(value(s))))];
  return `\ufeff${lines_.map((cells) => cells.join(",")).join("\r\n")}\r\n`;
}
function saveStations(rows) {
  const url = URL.createObjectURL(new Blob([stationsCsv(rows)], { type: "text/csv" }));
  const link = h("a", { href: url, download: `${trying() ? "what-if-" : ""}stations-${state.phase + 1}.csv` });
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), 1000);
}
