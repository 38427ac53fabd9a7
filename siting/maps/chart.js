// 24 hours: base load, charging stacked on it, the limit, and the hour that comes closest to it.
function dayChart(s) {
  const [width, height, left, bottom, top] = [268, 132, 34, 20, 16];
  const base = s.base[state.phase];
  const total = base.map((value, i) => value + s.charging[state.phase][i]);
  const step = stepAt(s);
  const most = Math.max(s.limit_mw, ...total) * 1.08 || 1;
  const x = (i) => left + (i / 24) * (width - left - 6);
  const y = (mw) => top + (1 - mw / most) * (height - top - bottom);
  const stairs = (values, from = 0) =>
    values
      .map((v, i) => `${i ? "L" : "M"}${x(i)},${y(v)}L${x(i + 1)},${y(v)}`)
      .join("")
      .slice(from);
  const area = (values) => `${stairs(values)}L${x(24)},${y(0)}L${x(0)},${y(0)}Z`;
  const tick = nice(most / 3.2);
  const ticks = Array.from({ length: Math.floor(most / tick) + 1 }, (_, i) => i * tick);
  const label = (tx, ty, text, attributes) => svg("text", { x: tx, y: ty, ...attributes }, text);
  return h(
    "figure",
    { class: "day" },
    h(
      "figcaption",
      {},
      t("day_title"),
      " · ",
      given(named(s)),
      h(
        "span",
        { class: "keys" },
        h("i", { class: "k-base" }),
        t("base_load"),
        h("i", { class: "k-charging" }),
        t("charging"),
        h("i", { class: "k-limit" }),
        t("limit"),
      ),
    ),
    svg(
      "svg",
      {
        viewBox: `0 0 ${width} ${height}`,
        role: "img",
        "aria-label": t("day_alt", {
          hour: hour(step.worst_hour),
          load: num(step.worst_mw, 1),
          limit: num(s.limit_mw, 1),
        }),
      },
      ticks.map((v) => [
        svg("line", { x1: left, x2: width - 6, y1: y(v), y2: y(v), class: "grid" }),
        label(left - 4, y(v) + 3, num(v, tick < 1 ? 1 : 0), { "text-anchor": "end" }),
      ]),
      svg("path", { d: area(total), class: "a-charging" }),
      svg("path", { d: area(base), class: "a-base" }),
      svg("line", { x1: left, x2: width - 6, y1: y(s.limit_mw), y2: y(s.limit_mw), class: "l-limit" }),
      svg("rect", {
        x: x(step.worst_hour),
        width: x(1) - x(0),
        y: y(total[step.worst_hour]),
        height: y(0) - y(total[step.worst_hour]),
        class: "worst",
      }),
      [0, 6, 12, 18, 24].map((v) =>
        label(x(v), height - 6, hour(v), { "text-anchor": v === 24 ? "end" : v === 0 ? "start" : "middle" }),
      ),
      label(left - 4, 9, t("unit_mw"), { "text-anchor": "end" }),
    ),
  );
}
