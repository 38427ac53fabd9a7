// Symbols: drawn the same on the map's canvas and, as SVG, in the legend and the tables.

const UNIT = {
  circle: "M1,0A1,1 0 1 1 -1,0A1,1 0 1 1 1,0Z",
  square: "M-.86,-.86H.86V.86H-.86Z",
  hexagon: "M1.05,0L.525,.91L-.525,.91L-1.05,0L-.525,-.91L.525,-.91Z",
  diamond: "M0,-1.2L1.2,0L0,1.2L-1.2,0Z",
  pentagon: "M0,-1.08L1.03,-.33L.63,.87L-.63,.87L-1.03,-.33Z",
  drop: "M0,-1.25C.5,-.6 .85,-.15 .85,.3A.85,.85 0 0 1 -.85,.3C-.85,-.15 -.5,-.6 0,-1.25Z",
  triangle: "M0,-1.15L1.1,.8L-1.1,.8Z",
  cross: "M-.6,-.6L.6,.6M.6,-.6L-.6,.6",
  rise: "M-.5,.28L0,-.3L.5,.28",
  coils:
    "M.35,-.42A.75,.75 0 1 1 -1.15,-.42A.75,.75 0 1 1 .35,-.42ZM1.15,.42A.75,.75 0 1 1 -.35,.42A.75,.75 0 1 1 1.15,.42Z",
  bang: "M0,-.55V.12M0,.42V.44",
};
const TYPE_SHAPES = ["circle", "square", "hexagon", "diamond", "pentagon"];
const PATHS = Object.fromEntries(Object.entries(UNIT).map(([key, d]) => [key, new Path2D(d)]));
const INK = "#16191d";
const PAPER = "#ffffff";

// Plain fast types stand apart: supercharging types have the first shapes and sizes among themselves.
const SUPER = TYPES.map((type, i) => i).filter((i) => !TYPES[i].plain);
const rankOf = (type) => Math.max(0, SUPER.includes(type) ? SUPER.indexOf(type) : 0);
const typeRadius = (type) => 5 + (4 * (rankOf(type) + 1)) / Math.max(2, SUPER.length);
const phaseColour = (phase) => PHASE_COLOURS[phase % PHASE_COLOURS.length];
function stationColour(station, phase) {
  const status = statusAt(station, phase);
  if (state.colour === "wait" && status !== "closed") return waitColour(station);
  if (state.colour === "status" || status === "kept" || status === "closed") return statusColour(status);
  return phaseColour(station.phase);
}
// A symbol is a list of strokes and fills: shape, radius, fill, stroke, width.
function stationSymbol({ type, status, colour }) {
  const r = typeRadius(Math.max(0, type));
  if (status === "closed") {
    return [
      { shape: "circle", r, fill: PAPER, stroke: colour, width: 1.4 },
      { shape: "cross", r: r * 0.8, stroke: colour, width: 2 },
    ];
  }
  const shape = TYPE_SHAPES[rankOf(type) % TYPE_SHAPES.length];
  const parts = [
    { shape, r: r + 1.4, fill: css("--halo") },
    { shape, r, fill: colour, stroke: INK, width: 0.9 },
  ];
  if (status === "kept") parts.push({ shape: "circle", r: r * 0.36, fill: PAPER });
  if (status === "upgraded") parts.push({ shape: "rise", r: r * 1.05, stroke: INK, width: 2 });
  return parts;
}
const LOADING_BREAKS = [0.6, 0.8, 0.9, 1];
// Inferno, of viridis' family: from the end that is quiet on this ground to the end that stands out.
const LOADING_COLOURS = ["#fcffa4", "#f6d746", "#fb9b06", "#dd513a", "#57106e"];
const LOADING_AT_NIGHT = ["#420a68", "#932667", "#dd513a", "#fca50a", "#fcffa4"];
const loadingColour = (level) => (dark.matches ? LOADING_AT_NIGHT : LOADING_COLOURS)[level];
function loadingClass(loading) {
  const index = LOADING_BREAKS.findIndex((limit) => loading <= limit + 1e-9);
  return index < 0 ? LOADING_BREAKS.length : index;
}
function substationSymbol(loadingLevel) {
  const parts = [
    { shape: "coils", r: 9, stroke: css("--halo"), width: 5 },
    { shape: "coils", r: 9, fill: loadingColour(loadingLevel), stroke: css("--ring"), width: 1.3 },
  ];
  if (loadingLevel < LOADING_BREAKS.length) return parts;
  return parts.concat([
    { shape: "triangle", r: 8.5, x: 10, y: -9, fill: OKABE.yellow, stroke: INK, width: 1.3 },
    { shape: "bang", r: 8, x: 10, y: -9, stroke: INK, width: 1.8 },
  ]);
}
const fuelSymbol = () => [{ shape: "drop", r: 3.6, fill: css("--fuel"), stroke: css("--halo"), width: 0.8 }];
const siteSymbol = () => [{ shape: "circle", r: 2, fill: css("--site"), stroke: css("--halo"), width: 0.6 }];
const poiSymbol = () => [{ shape: "circle", r: 3, fill: css("--poi") }];
const existingSymbol = () => [{ shape: "circle", r: 3.6, fill: css("--halo"), stroke: css("--ring"), width: 1.5 }];

function paint(ctx, parts, x, y, scale) {
  for (const part of parts) {
    const r = part.r * scale;
    ctx.save();
    ctx.translate(x + (part.x || 0) * scale, y + (part.y || 0) * scale);
    ctx.scale(r, r);
    if (part.fill) {
      ctx.fillStyle = part.fill;
      ctx.fill(PATHS[part.shape]);
    }
    if (part.stroke) {
      ctx.strokeStyle = part.stroke;
      ctx.lineWidth = (part.width * Math.sqrt(scale)) / r;
      ctx.lineJoin = ctx.lineCap = "round";
      ctx.stroke(PATHS[part.shape]);
    }
    ctx.restore();
  }
}
function drawn(parts, size = 24) {
  const half = size / 2;
  return svg(
    "svg",
    { class: "symbol", width: size, height: size, viewBox: `${-half} ${-half} ${size} ${size}`, "aria-hidden": "true" },
    parts.map((part) =>
      svg("path", {
        d: UNIT[part.shape],
        transform: `translate(${part.x || 0} ${part.y || 0}) scale(${part.r})`,
        fill: part.fill || "none",
        stroke: part.stroke || "none",
        "stroke-width": part.stroke ? part.width / part.r : 0,
        "stroke-linejoin": "round",
        "stroke-linecap": "round",
      }),
    ),
  );
}

// A mark on the canvas: Leaflet keeps its place, its hit area and its order; we paint it.
const Mark = L.CircleMarker.extend({
  _updatePath() {
    const renderer = this._renderer;
    if (renderer._drawing && !this._empty()) {
      paint(renderer._ctx, this.options.parts, this._point.x, this._point.y, this.options.scale);
    }
  },
  setParts(parts) {
    this.options.parts = parts;
    return this.resize(this.options.scale);
  },
  resize(scale) {
    this.options.scale = scale;
    const reach = Math.max(
      ...this.options.parts.map((p) => p.r * 1.25 + Math.max(Math.abs(p.x || 0), Math.abs(p.y || 0))),
    );
    return this.setRadius(reach * scale + 2);
  },
  _containsPoint(point) {
    const body = Math.max(9, Math.min(this._radius, this.options.parts[0].r * this.options.scale + 2));
    return point.distanceTo(this._point) <= body;
  },
});
