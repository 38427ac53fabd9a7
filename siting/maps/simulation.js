// What simulated drivers met: stations by the wait that 95 % do not pass, and each one's day.

const SIM = PLAN.simulation;
const simulated = new Map(SIM && SIM.stations ? SIM.stations.id.map((id, i) => [id, i]) : []);
const WAIT_BREAKS = [0.5, 2, 5, 10]; // min
const simOf = (station, key) => (simulated.has(station.id) ? SIM.stations[key][simulated.get(station.id)] : null);
function waitClass(minutes) {
  const index = WAIT_BREAKS.findIndex((limit) => minutes <= limit + 1e-9);
  return index < 0 ? WAIT_BREAKS.length : index;
}
function waitColour(station) {
  const minutes = simOf(station, "p95_min");
  return missing(minutes) ? css("--neutral") : loadingColour(waitClass(minutes));
}
const stationColours = () => ["phase", "status", ...(simulated.size ? ["wait"] : [])];
function waitKey() {
  const text = (i) => (i < WAIT_BREAKS.length ? `≤ ${num(WAIT_BREAKS[i], i ? 0 : 1)}` : `> ${num(WAIT_BREAKS.at(-1))}`);
  const colours = Array.from({ length: WAIT_BREAKS.length + 1 }, (_, i) => loadingColour(i));
  const sample = (colour) => drawn(stationSymbol({ type: 0, status: "new", colour }));
  return [
    h("p", { class: "fine" }, t("sim_key", { phase: SIM.phase })),
    h(
      "ul",
      { class: "keys" },
      colours.map((colour, i) => h("li", {}, sample(colour), h("span", {}, `${text(i)} ${t("unit_min")}`))),
      h("li", {}, sample(css("--neutral")), h("span", {}, t("sim_none"))),
    ),
  ];
}
function waitFacts(station) {
  if (!simulated.has(station.id) || trying()) return false; // what was simulated is the plan
  const figure = (key, digits, unit) => withUnit(num(simOf(station, key), digits), unit);
  return [
    h("h3", {}, t("sim_title"), " ", given(SIM.phase)),
    facts([
      ["sim_drivers", ...withUnit(num(simOf(station, "drivers_day")), "unit_day")],
      ["sim_p95", ...figure("p95_min", 1, "unit_min")],
      ["sim_used", percent(simOf(station, "utilisation"), 0)],
      ["sim_promise", h("b", {}, t(`sim_${simOf(station, "promise").replaceAll(" ", "_")}`))],
    ]),
    waitChart(station),
  ];
}
// 24 hours: guns in use as bars, the mean wait as a line on an axis of its own.
function waitChart(station) {
  const [width, height, left, right, bottom, top] = [268, 128, 34, 26, 20, 16];
  const used = simOf(station, "use_by_hour");
  const wait = simOf(station, "wait_by_hour_min");
  const most = Math.max(1, ...wait) * 1.1;
  const x = (i) => left + (i / 24) * (width - left - right);
  const y = (share) => top + (1 - share) * (height - top - bottom);
  const line = wait.map((v, i) => `${i ? "L" : "M"}${x(i)},${y(v / most)}L${x(i + 1)},${y(v / most)}`).join("");
  const label = (tx, ty, text, attributes) => svg("text", { x: tx, y: ty, ...attributes }, text);
  const worst = wait.indexOf(Math.max(...wait));
  return h(
    "figure",
    { class: "day", "data-chart": "wait" },
    h(
      "figcaption",
      {},
      t("sim_day"),
      h(
        "span",
        { class: "keys" },
        h("i", { class: "k-charging" }),
        t("sim_used"),
        h("i", { class: "k-wait" }),
        t("sim_wait"),
      ),
    ),
    svg(
      "svg",
      {
        viewBox: `0 0 ${width} ${height}`,
        role: "img",
        "aria-label": t("sim_alt", { hour: hour(worst), wait: num(wait[worst], 1) }),
      },
      [0, 0.5, 1].map((v) => [
        svg("line", { x1: left, x2: width - right, y1: y(v), y2: y(v), class: "grid" }),
        label(left - 4, y(v) + 3, percent(v, 0), { "text-anchor": "end" }),
        label(width - right + 4, y(v) + 3, num(v * most, most < 4 ? 1 : 0), {}),
      ]),
      used.map((v, i) =>
        svg("rect", { x: x(i), y: y(v), width: x(1) - x(0) - 0.6, height: y(0) - y(v), class: "a-charging" }),
      ),
      svg("path", { d: line, class: "l-wait" }),
      label(width, 9, t("unit_min"), { "text-anchor": "end" }),
      [0, 6, 12, 18, 24].map((v) =>
        label(x(v), height - 6, hour(v), { "text-anchor": v === 24 ? "end" : v === 0 ? "start" : "middle" }),
      ),
    ),
  );
}
function simulationRows(s) {
  const span = (key, digits, unit) => {
    const { mean, low, high } = s.city[key];
    const show = (v) => (unit === "%" ? percent(v, digits) : num(v, digits));
    return [show(mean), h("small", {}, ` (${show(low)} – ${show(high)})`), unit === "%" ? "" : ` ${t(unit)}`];
  };
  return [
    accountRow("sim_served", span("served_share", 1, "%")),
    accountRow("sim_waited", span("waited_share", 1, "%")),
    accountRow("sim_mean", span("wait_mean_min", 2, "unit_min")),
    accountRow("sim_p95", span("wait_p95_min", 1, "unit_min")),
    accountRow("sim_use", span("utilisation", 1, "%")),
    accountRow(
      "sim_promise",
      t("sim_counts", {
        kept: num(s.promise.kept),
        broken: num(s.promise.broken),
        unsure: num(s.promise["not significant"]),
      }),
    ),
    h(
      "p",
      { class: "fine" },
      t("sim_how", {
        phase: s.phase,
        days: num(s.days),
        runs: num(s.replications),
        level: percent(s.confidence, 0),
        wait: num(s.promise.max_wait_min, 1),
        share: percent(s.promise.max_wait_probability, 0),
      }),
    ),
  ];
}
