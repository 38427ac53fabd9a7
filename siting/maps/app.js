// The page comes alive: state in one place, one function for each thing a reader can do.

const SHOWN_FIRST = {
  planner: ["tiles", "ground", "zones", "roads", "districts", "fuel", "substations", "stations"],
  grid: ["tiles", "ground", "roads", "districts", "network", "substations", "stations"],
  public: ["tiles", "ground", "zones", "roads", "districts", "fuel", "stations"],
};

function setPhase(phase) {
  state.phase = phase;
  putPhase(phase);
  updatePhase();
  for (const name of ["overview", "districts", "stations", "grid", "what_if"]) if (name === state.tab) renderView(name);
  drawMarks();
  drawZones();
  if (NET) groups.network.redraw();
  drawLabels();
  refreshPopup();
  renderWhatIf();
}
function setTab(tab) {
  state.tab = tab;
  renderTabs();
  renderView(tab);
}
function setChoice(key, value) {
  state[key] = value;
  if (key === "shade") drawZones();
  else drawMarks();
  renderLegend();
  renderView(state.tab);
}
function setLayer(name, on) {
  if (on) map.addLayer(groups[name]);
  else map.removeLayer(groups[name]);
  order();
  if (name === "districts" && on) drawLabels();
}
function setLanguage(lang) {
  state.lang = lang;
  renderBar();
  renderPhase();
  updatePhase();
  renderTools();
  renderTabs();
  renderView(state.tab);
  renderLegend();
  renderSearch();
  drawLabels();
  credit();
  refreshPopup();
  renderWhatIf();
  for (const way of ["in", "out"]) {
    const button = document.querySelector(`.leaflet-control-zoom-${way}`);
    button.title = t(`zoom_${way}`);
    button.setAttribute("aria-label", button.title);
  }
  $("panel").setAttribute("aria-label", t("panel"));
  $("stage").setAttribute("aria-label", t("map"));
  $("legend").setAttribute("aria-label", t("legend"));
  $("tabs").setAttribute("aria-label", t("panel"));
  $("handle").setAttribute("aria-label", t("sheet"));
}
function goTo(kind, i) {
  if (kind === "districts") map.fitBounds(districtLines[i].getBounds(), { padding: [24, 24] });
  else map.setView(positions[kind][i], Math.max(map.getZoom(), 14), { animate: false });
  setSheet(false);
  if (kind === "stations" && !passes(PLAN.stations[i])) clearFilter();
  if (kind === "substations" && !passesLevel(PLAN.substations[i])) clearFilter();
  if (!map.hasLayer(groups[kind])) {
    setLayer(kind, true);
    renderLegend();
  }
  openPopup(kind, i);
}

// Who made the data is said on the map itself; what a source tells after a colon stands in the sources only.
// The control would take markup, so we write into it as text.
function credit() {
  const brief = (source) => source.split(": ")[0];
  const sources = PLAN.provenance.layers.filter((l) => l.source);
  const seen = new Set([
    ...(VIEW.tiles && VIEW.tiles.credit ? [VIEW.tiles.credit] : []),
    ...sources.map((l) => [brief(l.source), l.licence].filter(Boolean).join(", ")),
  ]);
  const box = map.attributionControl.getContainer();
  $("credit")?.remove();
  box.append(
    h(
      "span",
      { id: "credit", title: [...seen].join("\n").slice(0, 2000) },
      " | ",
      [...seen].map((text, i) => [i > 0 && " | ", given(text)]),
    ),
  );
}

// On a phone the panel is a sheet: low, it shows phase and summary; high, everything.
function setSheet(open) {
  $("panel").dataset.open = open ? "yes" : "no";
  $("handle").setAttribute("aria-expanded", String(open));
}

// Paper shows the map as it is on the screen, only smaller: what is drawn while printing starts has no see-through
// parts in Chromium, so nothing is drawn anew.
const SHEET = { width: 688, height: 560 }; // of the map, in CSS pixels: 182 mm and 148 mm
function preparePaper() {
  const size = map.getSize();
  const box = map.getContainer().style;
  box.setProperty("--wide", `${size.x}px`);
  box.setProperty("--high", `${size.y}px`);
  box.setProperty("--scale", Math.min(SHEET.width / size.x, SHEET.height / size.y));
  ["overview", "districts", "about", ...(trying() ? ["what_if"] : [])].forEach(renderView);
}

function start() {
  const sides = small.matches ? { padding: [8, 48] } : { paddingTopLeft: [16, 60], paddingBottomRight: [276, 28] };
  const [west, south, east, north] = PLACES.bounds;
  const snap = map.options.zoomSnap;
  map.options.zoomSnap = 0.05; // as large as it fits; after that, steps a hand can feel
  map.fitBounds(
    [
      [south, west],
      [north, east],
    ],
    { ...sides, animate: false },
  );
  map.options.zoomSnap = snap;
  // What else to show may stand in the address: map.html#show=pois&show=sites.
  const asked = new URLSearchParams(location.hash.slice(1)).getAll("show");
  for (const name of Object.keys(groups))
    if (SHOWN_FIRST[VIEW.audience].includes(name) || asked.includes(name)) map.addLayer(groups[name]);
  if (small.matches) $("legend").dataset.open = "no";
  setLanguage(state.lang);
  setSheet(false);
  recolourMarks();
  resizeMarks();
  drawLabels();
  $("handle").addEventListener("click", () => setSheet($("panel").dataset.open !== "yes"));
  for (const id of ["legend", "search", "tools", "measured"]) {
    L.DomEvent.disableClickPropagation($(id));
    L.DomEvent.disableScrollPropagation($(id));
  }
  for (const kind of MARKED)
    groups[kind].on("click", (e) => (measuring ? addCorner(e.latlng) : openPopup(kind, e.layer.options.index)));
  map.on("click", (e) => {
    const under = measuring ? null : networkUnder(e.latlng) || areaUnder(e.latlng);
    if (measuring) addCorner(e.latlng);
    else if (under) openPopup(...under, e.latlng);
  });
  map.on("zoomend", () => {
    resizeMarks();
    placeLabels();
  });
  document.addEventListener("keydown", measureKey);
  $("skip").addEventListener("click", (e) => {
    e.preventDefault();
    setTab("stations");
    setSheet(true);
    $("view-stations").focus();
  });
  dark.addEventListener("change", () => {
    for (const sheet of [land, groups.ground, groups.zones, groups.roads, groups.pois]) sheet.redraw();
    recolourMarks();
    renderLegend();
  });
  new ResizeObserver(() => map.invalidateSize({ animate: false })).observe($("siting_map"));
  window.addEventListener("beforeprint", preparePaper);
  followAddress();
  window.addEventListener("hashchange", followAddress);
  document.documentElement.dataset.ready = "yes";
}
start();
