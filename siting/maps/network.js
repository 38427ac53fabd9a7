// The network that power flow was run on: lines and transformers by their worst loading, buses by their voltage.

const NET = PLAN.accounts?.network?.drawing || null;
map.createPane("network").style.zIndex = 345;
const netLines = NET ? packed(NET.lines.shape) : null;
const worldOf = (line) => (line.length ? unpack(line).map(([lat, lng]) => [worldX(lng), worldY(lat)]) : []);
const netTrafos = NET ? worldOf(NET.trafos.point) : [];
const netBuses = NET ? worldOf(NET.buses.point) : [];
const NET_LIMIT = 1 + 1e-5; // values come rounded to 1e-5
const netLevel = (kind, i) => (missing(NET[kind].loading[i][state.phase]) ? 0 : loadingClass(NET[kind].loading[i][state.phase] / NET_LIMIT));
const netOver = (kind, i) => NET[kind].loading[i][state.phase] > NET_LIMIT;
function busSide(i) {
  const [least, most] = NET.buses.band[i];
  const [low, high] = [NET.buses.low[i][state.phase], NET.buses.high[i][state.phase]];
  if (!missing(low) && low < least - 1e-5) return "low";
  return !missing(high) && high > most + 1e-5 ? "high" : "";
}
const BUS_COLOUR = { low: OKABE.blue, high: OKABE.pink };
function oneLine(ctx, n, view) {
  const { xy, ends } = netLines;
  for (let i = n ? ends[n - 1] : 0, first = true; i < ends[n]; i += 2, first = false) {
    const [x, y] = [xy[i] * view.scale - view.left, xy[i + 1] * view.scale - view.top];
    if (first) ctx.moveTo(x, y);
    else ctx.lineTo(x, y);
  }
}
function netSquare(ctx, [x, y], r, view) {
  ctx.rect(x * view.scale - view.left - r, y * view.scale - view.top - r, 2 * r, 2 * r);
}
function drawNetwork(ctx, view) {
  const grow = Math.min(2, Math.max(0.7, Math.pow(1.2, view.zoom - 12)));
  const most = LOADING_COLOURS.length;
  const byLevel = Array.from({ length: most }, () => []);
  for (let n = 0; n < netLines.count; n++) if (inView(netLines, n, view)) byLevel[netLevel("lines", n)].push(n);
  for (const halo of [true, false]) {
    byLevel.forEach((members, level) => {
      ctx.beginPath();
      for (const n of members) oneLine(ctx, n, view);
      ctx.strokeStyle = halo ? css("--ring") : loadingColour(level);
      ctx.lineWidth = (level === most - 1 ? 5 : 3) * grow + (halo ? 2 : 0);
      ctx.lineJoin = ctx.lineCap = "round";
      ctx.stroke();
    });
  }
  for (let i = 0; i < netBuses.length; i++) {
    const side = busSide(i);
    if (!side && view.zoom < 11) continue;
    const [x, y] = [netBuses[i][0] * view.scale - view.left, netBuses[i][1] * view.scale - view.top];
    ctx.beginPath();
    ctx.arc(x, y, (side ? 4.5 : 2) * grow, 0, 2 * Math.PI);
    ctx.fillStyle = side ? BUS_COLOUR[side] : css("--halo");
    ctx.strokeStyle = css("--ring");
    ctx.lineWidth = 1;
    ctx.fill();
    ctx.stroke();
  }
  netTrafos.forEach((place, i) => {
    ctx.beginPath();
    netSquare(ctx, place, (netOver("trafos", i) ? 8 : 6) * grow, view);
    ctx.fillStyle = loadingColour(netLevel("trafos", i));
    ctx.strokeStyle = css("--ring");
    ctx.lineWidth = netOver("trafos", i) ? 3 : 1.5;
    ctx.fill();
    ctx.stroke();
  });
}
if (NET) groups.network = new Sheet(drawNetwork, { pane: "network" });

// What of the network lies under a click: a transformer, else a bus, else a line.
function networkUnder(latlng) {
  if (!NET || !map.hasLayer(groups.network)) return null;
  const scale = Math.pow(2, map.getZoom());
  const [x, y] = [worldX(latlng.lng), worldY(latlng.lat)];
  const near = (places, reach) => places.findIndex(([a, b]) => Math.hypot(a - x, b - y) * scale <= reach);
  const trafo = near(netTrafos, 11);
  if (trafo >= 0) return ["network", `trafos ${trafo}`];
  const bus = near(netBuses, 7);
  if (bus >= 0) return ["network", `buses ${bus}`];
  let [best, least] = [-1, 7];
  const { xy, ends } = netLines;
  for (let n = 0; n < netLines.count; n++) {
    for (let i = n ? ends[n - 1] : 0; i < ends[n] - 2; i += 2) {
      const [ax, ay, dx, dy] = [xy[i], xy[i + 1], xy[i + 2] - xy[i], xy[i + 3] - xy[i + 1]];
      const part = Math.max(0, Math.min(1, ((x - ax) * dx + (y - ay) * dy) / (dx * dx + dy * dy || 1)));
      const away = Math.hypot(ax + part * dx - x, ay + part * dy - y) * scale;
      if (away < least) [best, least] = [n, away];
    }
  }
  return best < 0 ? null : ["network", `lines ${best}`];
}
function networkPopup(told) {
  const [kind, place] = told.split(" ");
  const i = Number(place);
  const over = kind === "buses" ? busSide(i) !== "" : netOver(kind, i);
  const value = (p) =>
    kind === "buses"
      ? `${num(NET.buses.low[i][p], 4)} – ${num(NET.buses.high[i][p], 4)} p.u.`
      : percent(NET[kind].loading[i][p]);
  const name = NET[kind].name[i];
  return h(
    "article",
    { class: "popup" },
    heading(`net_${kind}`, name, name, over && h("span", { class: "badge over" }, "▲ ", t("over_limit"))),
    facts([
      kind === "buses" && ["net_kv", ...withUnit(num(NET.buses.kv[i], 1), "unit_kv")],
      kind === "buses" && ["net_band", NET.buses.band[i].map((v) => num(v, 3)).join(" – ")],
    ]),
    h("h3", {}, t(kind === "buses" ? "net_voltage" : "net_loading")),
    h(
      "dl",
      { class: "facts" },
      PHASES.map((p, n) => [h("dt", {}, given(p.name)), h("dd", {}, value(n))]),
    ),
  );
}
function networkKey() {
  const last = LOADING_COLOURS.length - 1;
  const words = (i) => (i === last ? `> ${percent(1, 0)}` : `≤ ${percent(LOADING_BREAKS[i], 0)}`);
  const line = (i) => {
    const path = (stroke, width) => svg("path", { d: "M-9,0H9", stroke, "stroke-width": width, fill: "none" });
    const look = { class: "symbol", width: 24, height: 14, viewBox: "-12 -7 24 14", "aria-hidden": "true" };
    return svg("svg", look, path(css("--ring"), i === last ? 7 : 5), path(loadingColour(i), i === last ? 5 : 3));
  };
  const dotOf = (side) =>
    drawn([{ shape: "circle", r: 4.5, fill: BUS_COLOUR[side], stroke: css("--ring"), width: 1 }], 16);
  return [
    h("p", { class: "fine" }, t("net_hint")),
    h(
      "ul",
      { class: "keys" },
      LOADING_COLOURS.map((_, i) => h("li", {}, line(i), h("span", {}, words(i)))),
    ),
    h(
      "ul",
      { class: "keys" },
      ["low", "high"].map((side) => h("li", {}, dotOf(side), h("span", {}, t(`net_${side}`)))),
    ),
  ];
}
