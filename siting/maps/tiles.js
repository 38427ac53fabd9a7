// Tiles from elsewhere, under data that stay WGS-84. Chinese services draw in GCJ-02, some 500 m away from it: their
// tiles are asked for and placed as if the map's middle were where GCJ-02 has it.

const AXIS_M = 6378245;
const FLATNESS = 0.00669342162296594323;
const waves = (x, ...pairs) => pairs.reduce((sum, [size, period]) => sum + size * Math.sin((x * Math.PI) / period), 0);
// WGS-84 to GCJ-02, as siting's own Python has it: Krasovsky's ellipsoid, and a sum of waves.
function toGcj02({ lat, lng }) {
  const [x, y] = [lng - 105, lat - 35];
  const common = (2 / 3) * waves(x, [20, 1 / 6], [20, 1 / 2]);
  const east =
    300 + x + 2 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * Math.sqrt(Math.abs(x)) + common +
    (2 / 3) * waves(x, [20, 1], [40, 3], [150, 12], [300, 30]);
  const north =
    -100 + 2 * x + 3 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * Math.sqrt(Math.abs(x)) + common +
    (2 / 3) * waves(y, [20, 1], [40, 3], [160, 12], [320, 30]);
  const radians = (lat * Math.PI) / 180;
  const magic = 1 - FLATNESS * Math.sin(radians) ** 2;
  const perLat = ((AXIS_M * (1 - FLATNESS)) / magic ** 1.5 / 180) * Math.PI;
  const perLng = ((AXIS_M / Math.sqrt(magic)) * Math.cos(radians) * Math.PI) / 180;
  return L.latLng(lat + north / perLat, lng + east / perLng);
}
const Gcj02Layer = L.TileLayer.extend({
  _getTiledPixelBounds(centre) {
    return L.TileLayer.prototype._getTiledPixelBounds.call(this, toGcj02(L.latLng(centre)));
  },
  _setZoomTransform(level, centre, zoom) {
    L.TileLayer.prototype._setZoomTransform.call(this, level, toGcj02(L.latLng(centre)), zoom);
  },
  // The shift differs from place to place: after a move, what is loaded moves by the difference.
  _onMoveEnd() {
    if (!this._map || this._map._animatingZoom) return;
    this._setZoomTransforms(this._map.getCenter(), this._map.getZoom());
    L.TileLayer.prototype._onMoveEnd.call(this);
  },
});
const tileOptions = { maxZoom: 18, subdomains: VIEW.tiles.subdomains || "a", className: "tile-layer" };
groups.tiles =
  VIEW.tiles.datum === "gcj02"
    ? new Gcj02Layer(VIEW.tiles.url, tileOptions)
    : L.tileLayer(VIEW.tiles.url, tileOptions);
TILES.layer = groups.tiles;
map.on("layeradd layerremove", (e) => e.layer === groups.tiles && land.redraw());
