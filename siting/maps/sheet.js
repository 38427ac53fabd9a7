// Sheets: canvases painted straight from arrays of world coordinates. A city has a hundred thousand points and roads;
// one object of Leaflet's for each would take seconds to make, and as long to move.

// Geometry comes in steps of 1e-5 degrees; out come [lat, lng], or Web Mercator with the world 256 units wide.
function unpack(line) {
  const points = [];
  let x = 0;
  let y = 0;
  for (let i = 0; i < line.length; i += 2) {
    x += line[i];
    y += line[i + 1];
    points.push([y / UNITS, x / UNITS]);
  }
  return points;
}
const worldX = (lng) => 128 + (lng * 128) / 180;
function worldY(lat) {
  const sine = Math.sin((Math.max(-85.05, Math.min(85.05, lat)) * Math.PI) / 180);
  return 128 - (64 / Math.PI) * Math.log((1 + sine) / (1 - sine));
}
// Many lines in one array: `ends` says where each stops, `boxes` how far it reaches.
function packed(lines) {
  const xy = new Float64Array(lines.reduce((sum, line) => sum + line.length, 0));
  const ends = new Int32Array(lines.length);
  const boxes = new Float64Array(4 * lines.length);
  let at = 0;
  lines.forEach((line, n) => {
    let x = 0;
    let y = 0;
    const box = [Infinity, Infinity, -Infinity, -Infinity];
    for (let i = 0; i < line.length; i += 2) {
      x += line[i];
      y += line[i + 1];
      const wx = (xy[at++] = worldX(x / UNITS));
      const wy = (xy[at++] = worldY(y / UNITS));
      if (wx < box[0]) box[0] = wx;
      if (wy < box[1]) box[1] = wy;
      if (wx > box[2]) box[2] = wx;
      if (wy > box[3]) box[3] = wy;
    }
    ends[n] = at;
    boxes.set(box, 4 * n);
  });
  return { xy, ends, boxes, count: lines.length };
}
const packedShape = (shape) => packed(shape.flat());
const inView = ({ boxes }, n, { box }) =>
  boxes[4 * n] <= box[2] && boxes[4 * n + 2] >= box[0] && boxes[4 * n + 1] <= box[3] && boxes[4 * n + 3] >= box[1];

// Add the lines in view to the path; of points nearer to each other than a pixel, one is enough.
function trace(ctx, pack, view) {
  const { xy, ends } = pack;
  const { scale, left, top } = view;
  const rest = 0.8 / scale;
  for (let n = 0; n < pack.count; n++) {
    if (!inView(pack, n, view)) continue;
    let i = n ? ends[n - 1] : 0;
    const last = ends[n] - 2;
    let x = xy[i];
    let y = xy[i + 1];
    ctx.moveTo(x * scale - left, y * scale - top);
    for (i += 2; i <= last; i += 2) {
      if (i < last && Math.abs(xy[i] - x) < rest && Math.abs(xy[i + 1] - y) < rest) continue;
      x = xy[i];
      y = xy[i + 1];
      ctx.lineTo(x * scale - left, y * scale - top);
    }
  }
}

const Sheet = L.Renderer.extend({
  initialize(drawOn, options) {
    this._drawOn = drawOn;
    L.Renderer.prototype.initialize.call(this, { padding: 0.25, ...options });
  },
  _initContainer() {
    this._container = document.createElement("canvas");
  },
  _destroyContainer() {
    cancelAnimationFrame(this._frame);
    this._frame = 0;
    this._container.remove();
    delete this._container;
  },
  _update() {
    if (this._map._animatingZoom && this._bounds) return;
    L.Renderer.prototype._update.call(this);
    this._paint();
  },
  // Paint again, once for all that asks before the next frame.
  redraw() {
    if (!this._container || this._frame) return;
    this._frame = requestAnimationFrame(() => {
      this._frame = 0;
      if (this._container) this._paint();
    });
  },
  _paint() {
    const size = this._bounds.getSize();
    const { min } = this._bounds;
    const ratio = Math.min(2, window.devicePixelRatio || 1);
    const canvas = this._container;
    L.DomUtil.setPosition(canvas, min);
    const [width, height] = [Math.round(size.x * ratio), Math.round(size.y * ratio)];
    if (canvas.width !== width || canvas.height !== height) {
      canvas.width = width;
      canvas.height = height;
      canvas.style.width = `${size.x}px`;
      canvas.style.height = `${size.y}px`;
    }
    const ctx = canvas.getContext("2d");
    ctx.setTransform(1, 0, 0, 1, 0, 0);
    ctx.clearRect(0, 0, width, height);
    ctx.setTransform(ratio, 0, 0, ratio, 0, 0);
    const scale = Math.pow(2, this._zoom);
    const origin = this._map.getPixelOrigin();
    const left = origin.x + min.x;
    const top = origin.y + min.y;
    const box = [left / scale, top / scale, (left + size.x) / scale, (top + size.y) / scale];
    this._drawOn(ctx, { scale, left, top, box, zoom: this._zoom });
  },
});
