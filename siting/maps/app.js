// The page comes alive: state in one place, one function for each thing a reader can do.

const SHOWN_FIRST = ["roads", "zones", "districts", "fuel", "substations", "stations"];

function setPhase(phase) {
  state.phase = phase;
  updatePhase();
  for (const name of ["overview", "districts", "stations", "grid"]) if (name === state.tab) renderView(name);
  drawMarks();
  drawZones();
  drawLabels();
  refreshPopup();
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
  renderTabs();
  renderView(state.tab);
  renderLegend();
  renderSearch();
  drawLabels();
  credit();
  refreshPopup();
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
  if (kind !== "districts") openPopup(kind, i);
}

// Who made the data is said on the map itself; what a source tells after a colon stands in the sources only.
// The control would take markup, so we write into it as text.
function credit() {
  const brief = (source) => source.split(": ")[0];
  const seen = new Set(
    PLAN.provenance.layers.filter((l) => l.source).map((l) => [brief(l.source), l.licence].filter(Boolean).join(", ")),
  );
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

// Search: stations, substations, districts, sites, fuel stations and zones, by name in both languages or id.
const SEARCHED = ["stations", "substations", "districts", "sites", "fuel", "existing", "zones"];
const countOf = (kind) => (kind === "stations" || kind === "substations" ? PLAN[kind].length : PLACES[kind].id.length);
let index = null;
function searchIndex() {
  if (!index) {
    index = SEARCHED.flatMap((kind) =>
      Array.from({ length: countOf(kind) }, (_, i) => {
        const { id, name, name_zh: nameZh } = item(kind, i);
        return { kind, i, text: `${name}\n${nameZh}\n${id}`.slice(0, 400).toLowerCase() };
      }),
    );
  }
  return index;
}
function found(query) {
  const wanted = query.trim().toLowerCase();
  if (!wanted) return [];
  const hits = searchIndex().filter((entry) => entry.text.includes(wanted));
  const rank = (entry) => (entry.text.split("\n").includes(wanted) ? 0 : entry.text.startsWith(wanted) ? 1 : 2);
  return hits.sort((a, b) => rank(a) - rank(b)).slice(0, 12);
}
function renderSearch() {
  const list = h("ul", { id: "hits", role: "listbox", "aria-label": t("search"), hidden: true });
  let hits = [];
  let at = -1;
  const pick = (k) => {
    if (!hits[k]) return;
    input.value = named(item(hits[k].kind, hits[k].i)).slice(0, 200);
    close();
    if (small.matches) input.blur(); // the keyboard gives the map its room back
    goTo(hits[k].kind, hits[k].i);
  };
  const close = () => {
    list.hidden = true;
    input.setAttribute("aria-expanded", "false");
  };
  const show = () => {
    hits = found(input.value);
    at = hits.length ? 0 : -1;
    list.replaceChildren(
      ...hits.map((hit, k) =>
        h(
          "li",
          {
            role: "option",
            id: `hit-${k}`,
            "aria-selected": String(k === at),
            onmousedown: (e) => {
              e.preventDefault();
              pick(k);
            },
          },
          given(named(item(hit.kind, hit.i))),
          h("small", {}, t(`one_${hit.kind}`), " ", given(item(hit.kind, hit.i).id)),
        ),
      ),
    );
    if (!hits.length && input.value.trim()) list.append(h("li", { class: "nothing" }, t("nothing_found")));
    list.hidden = !input.value.trim();
    input.setAttribute("aria-expanded", String(!list.hidden));
    mark_();
  };
  const mark_ = () => {
    [...list.children].forEach((entry, k) => entry.setAttribute("aria-selected", String(k === at)));
    if (at >= 0) input.setAttribute("aria-activedescendant", `hit-${at}`);
  };
  const onkeydown = (e) => {
    if (e.key === "Enter") pick(at);
    else if (e.key === "Escape") close();
    else if ((e.key === "ArrowDown" || e.key === "ArrowUp") && hits.length) {
      at = (at + (e.key === "ArrowDown" ? 1 : -1) + hits.length) % hits.length;
      mark_();
      e.preventDefault();
    }
  };
  const input = h("input", {
    type: "search",
    id: "search-box",
    role: "combobox",
    "aria-expanded": "false",
    "aria-controls": "hits",
    "aria-autocomplete": "list",
    "aria-label": t("search"),
    placeholder: t("search_hint"),
    autocomplete: "off",
    spellcheck: "false",
    oninput: show,
    onfocus: show,
    onblur: close,
    onkeydown,
  });
  $("search").replaceChildren(input, list);
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
  ["overview", "districts", "about"].forEach(renderView);
}

function start() {
  for (const name of SHOWN_FIRST) map.addLayer(groups[name]);
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
  if (small.matches) $("legend").dataset.open = "no";
  setLanguage(state.lang);
  setSheet(false);
  drawRoads();
  drawZones();
  recolourMarks();
  resizeMarks();
  drawLabels();
  $("handle").addEventListener("click", () => setSheet($("panel").dataset.open !== "yes"));
  for (const id of ["legend", "search"]) {
    L.DomEvent.disableClickPropagation($(id));
    L.DomEvent.disableScrollPropagation($(id));
  }
  for (const kind of MARK_ORDER) groups[kind].on("click", (e) => openPopup(kind, e.layer.options.index));
  map.on("click", (e) => {
    const zone = zoneUnder(e.latlng);
    if (zone >= 0) openPopup("zones", zone, e.latlng);
  });
  map.on("zoomend", () => {
    drawRoads();
    resizeMarks();
    if (!zoneIsArea) drawZones();
    placeLabels();
  });
  dark.addEventListener("change", () => {
    drawRoads();
    drawZones();
    recolourMarks();
    renderLegend();
  });
  new ResizeObserver(() => map.invalidateSize({ animate: false })).observe($("siting_map"));
  window.addEventListener("beforeprint", preparePaper);
  document.documentElement.dataset.ready = "yes";
}
start();
