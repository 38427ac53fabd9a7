// The replay: networks on one map, a bar for each measure, districts; English and Chinese. Data never become markup.
const DATA = JSON.parse(document.getElementById("siting-replay").textContent);
const TEXT = JSON.parse(document.getElementById("siting-strings").textContent);
const COLOURS = { siting: "#0072b2", greedy: "#e69f00", built: "#d55e00" };
const SHAPES = { siting: "circle", greedy: "square", built: "triangle" };
const spoken = (navigator.language || "").toLowerCase().startsWith("zh") ? 1 : 0;
const state = { lang: spoken, step: DATA.steps.length - 1, shown: new Set(DATA.networks), zoom: 1, x: 0, y: 0 };
const t = (key) => (Object.hasOwn(TEXT, key) ? TEXT[key][state.lang] : key);
const $ = (id) => document.getElementById(id);
function h(tag, attributes, ...children) {
  const element = document.createElement(tag);
  for (const [key, value] of Object.entries(attributes || {})) {
    if (value === false || value === null || value === undefined) continue;
    if (key.startsWith("on")) element.addEventListener(key.slice(2), value);
    else if (key === "style") for (const [p, v] of Object.entries(value)) element.style.setProperty(p, v);
    else element.setAttribute(key, value === true ? "" : value);
  }
  for (const child of children.flat(Infinity)) if (child !== null && child !== undefined && child !== false) element.append(child);
  return element;
}
const locale = () => (state.lang ? "zh-CN" : "en-GB");
function show(value, unit) {
  if (value === null || value === undefined) return "–";
  const digits = (n) => ({ minimumFractionDigits: n, maximumFractionDigits: n });
  if (unit === "share") return `${(value * 100).toLocaleString(locale(), digits(1))}\u00a0%`;
  if (unit === "CNY") return (value / 1e6).toLocaleString(locale(), digits(1));
  const places = Math.abs(value) >= 100 ? 0 : 2;
  return value.toLocaleString(locale(), digits(Number.isInteger(value) && unit !== "min" ? 0 : places));
}

// The map: districts and points, on a plane of longitude and latitude shrunk by the cosine.
const canvas = $("map");
const [west, south, east, north] = DATA.bounds;
const squeeze = Math.cos((((south + north) / 2) * Math.PI) / 180);
function frame() {
  const [w, hgt] = [canvas.clientWidth, canvas.clientHeight];
  const scale = 0.94 * Math.min(w / ((east - west) * squeeze), hgt / (north - south)) * state.zoom;
  const [cx, cy] = [(west + east) / 2, (south + north) / 2];
  return ([lon, lat]) => [w / 2 + (lon - cx) * squeeze * scale + state.x, hgt / 2 - (lat - cy) * scale + state.y];
}
function dot(ctx, key, x, y, r) {
  ctx.beginPath();
  if (SHAPES[key] === "circle") ctx.arc(x, y, r, 0, 7);
  else if (SHAPES[key] === "square") ctx.rect(x - r * 0.88, y - r * 0.88, r * 1.76, r * 1.76);
  else {
    ctx.moveTo(x, y - r * 1.2);
    ctx.lineTo(x + r * 1.1, y + r * 0.8);
    ctx.lineTo(x - r * 1.1, y + r * 0.8);
    ctx.closePath();
  }
}
function drawMap() {
  const ratio = window.devicePixelRatio || 1;
  canvas.width = canvas.clientWidth * ratio;
  canvas.height = canvas.clientHeight * ratio;
  const ctx = canvas.getContext("2d");
  const css = getComputedStyle(document.documentElement);
  ctx.scale(ratio, ratio);
  const to = frame();
  ctx.fillStyle = css.getPropertyValue("--land");
  ctx.strokeStyle = css.getPropertyValue("--border");
  for (const ring of DATA.outlines) {
    ctx.beginPath();
    for (const point of ring) ctx.lineTo(...to(point));
    ctx.closePath();
    ctx.fill();
    ctx.stroke();
  }
  const step = DATA.steps[state.step];
  const r = Math.min(7, (step.count > 600 ? 2.6 : 3.6) * Math.sqrt(state.zoom));
  for (const key of ["built", "greedy", "siting"]) {
    if (!state.shown.has(key) || !step.points[key]) continue;
    ctx.fillStyle = COLOURS[key];
    ctx.strokeStyle = css.getPropertyValue("--land");
    ctx.lineWidth = 0.6;
    ctx.globalAlpha = 0.85;
    for (const point of step.points[key]) {
      dot(ctx, key, ...to(point), r);
      ctx.fill();
      ctx.stroke();
    }
  }
  ctx.globalAlpha = 1;
}
function zoom(factor, x = canvas.clientWidth / 2, y = canvas.clientHeight / 2) {
  const next = Math.min(40, Math.max(1, state.zoom * factor));
  const by = next / state.zoom;
  const [dx, dy] = [x - canvas.clientWidth / 2, y - canvas.clientHeight / 2];
  [state.x, state.y, state.zoom] = [dx - (dx - state.x) * by, dy - (dy - state.y) * by, next];
  drawMap();
}
let held = null;
canvas.addEventListener("pointerdown", (e) => {
  held = [e.clientX, e.clientY];
  canvas.setPointerCapture(e.pointerId);
});
canvas.addEventListener("pointermove", (e) => {
  if (!held) return;
  state.x += e.clientX - held[0];
  state.y += e.clientY - held[1];
  held = [e.clientX, e.clientY];
  drawMap();
});
canvas.addEventListener("pointerup", () => (held = null));
canvas.addEventListener(
  "wheel",
  (e) => {
    e.preventDefault();
    const box = canvas.getBoundingClientRect();
    zoom(e.deltaY < 0 ? 1.25 : 0.8, e.clientX - box.left, e.clientY - box.top);
  },
  { passive: false },
);

const mark = (key) => h("i", { class: `mark ${SHAPES[key]}`, style: { background: COLOURS[key] } });
function keys() {
  $("keys").replaceChildren(
    ...DATA.networks.map((key) =>
      h(
        "label",
        {},
        h("input", {
          type: "checkbox",
          checked: state.shown.has(key),
          onchange: (e) => {
            if (e.target.checked) state.shown.add(key);
            else state.shown.delete(key);
            drawMap();
          },
        }),
        mark(key),
        t(key),
      ),
    ),
    h("button", { type: "button", "aria-label": t("zoom_out"), onclick: () => zoom(0.67) }, "−"),
    h("button", { type: "button", "aria-label": t("zoom_in"), onclick: () => zoom(1.5) }, "+"),
  );
}
function steps() {
  const box = $("steps");
  box.hidden = DATA.steps.length < 2;
  box.replaceChildren(
    ...DATA.steps.map((step, i) =>
      h(
        "button",
        { type: "button", "aria-pressed": String(i === state.step), onclick: () => ((state.step = i), render()) },
        h("b", {}, step.name),
        ` ${step.count.toLocaleString(locale())} ${t("stations")}`,
      ),
    ),
  );
}
function measures() {
  const rows = DATA.steps[state.step].measures;
  return rows.map((row) => {
    const known = DATA.networks.filter((key) => row.values[key] !== null && row.values[key] !== undefined);
    const most = Math.max(...known.map((key) => Math.abs(row.values[key])), 1e-9);
    return h(
      "section",
      { class: "measure", "data-measure": row.measure },
      h("h3", {}, t(row.measure)),
      known.map((key) =>
        h(
          "div",
          { class: "bar" },
          h("span", { class: "who" }, mark(key), t(key)),
          h(
            "span",
            { class: "track" },
            h("i", { style: { width: `${(100 * Math.abs(row.values[key])) / most}%`, background: COLOURS[key] } }),
          ),
          h("b", {}, show(row.values[key], row.unit)),
          h("small", {}, row.best.includes(key) && row.best.length < known.length ? `✓ ${t("best")}` : ""),
        ),
      ),
      row.alike && new Set(known.map((key) => row.values[key])).size === 1 ? h("p", { class: "fine" }, t("alike")) : null,
    );
  });
}
function districts() {
  const rows = DATA.steps[state.step].districts;
  const parts = ["stations", "covered_share", "drive_mean_min"];
  return h(
    "div",
    { class: "scroll" },
    h(
      "table",
      {},
      h(
        "thead",
        {},
        h("tr", {}, h("th", {}, ""), parts.map((part) => h("th", { colspan: DATA.networks.length }, t(part)))),
        h("tr", {}, h("th", { scope: "col" }, t("district")), parts.map(() => DATA.networks.map((key) => h("th", { scope: "col" }, mark(key), t(key))))),
      ),
      h(
        "tbody",
        {},
        rows.map((row) =>
          h(
            "tr",
            {},
            h("th", { scope: "row" }, state.lang && row.name_zh ? row.name_zh : row.name),
            parts.map((part) =>
              DATA.networks.map((key) =>
                h("td", {}, show(row[key] ? row[key][part] : null, { covered_share: "share", drive_mean_min: "min" }[part])),
              ),
            ),
          ),
        ),
      ),
    ),
  );
}
function render() {
  document.documentElement.lang = state.lang ? "zh-Hans" : "en";
  const titles = [DATA.title, DATA.title_zh || DATA.title];
  $("title").textContent = titles[state.lang];
  const label = [DATA.label, DATA.label_zh || DATA.label][state.lang];
  $("label").textContent = label;
  $("label").hidden = !label;
  $("switch").textContent = t("switch");
  $("hint").textContent = t("map_hint");
  $("h-measures").textContent = t("by_measure");
  $("h-districts").textContent = t("by_district");
  $("h-bias").textContent = t("read_first");
  $("h-notes").textContent = t("told");
  $("bias").replaceChildren(...(state.lang ? DATA.bias_zh : DATA.bias).map((text) => h("li", {}, text)));
  $("notes").replaceChildren(...DATA.notes.map((text) => h("li", {}, text)));
  $("measures").replaceChildren(...measures());
  $("districts").replaceChildren(districts());
  keys();
  steps();
  drawMap();
}
$("switch").addEventListener("click", () => {
  state.lang = 1 - state.lang;
  render();
});
new ResizeObserver(drawMap).observe(canvas);
window.matchMedia("(prefers-color-scheme: dark)").addEventListener("change", drawMap);
render();
document.documentElement.dataset.ready = "yes";
