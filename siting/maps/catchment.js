// Catchments: [station, zone, kWh/day, minutes] rows of each phase, and how they are shown.

const focus = L.featureGroup().addTo(map);
const STATION = 0;
const ZONE = 1;
function serviceRows(phase, column, number) {
  const flat = PLAN.service ? PLAN.service[phase] : [];
  const rows = [];
  for (let i = 0; i < flat.length; i += 4) {
    if (flat[i + column] === number)
      rows.push({ station: flat[i], zone: flat[i + 1], kwh: flat[i + 2], minutes: flat[i + 3] });
  }
  return rows.sort((a, b) => b.kwh - a.kwh);
}
// What a station serves, or where a zone charges: lines, and the zones outlined.
function showService(rows) {
  focus.clearLayers();
  const most = Math.max(1e-9, ...rows.map((r) => r.kwh));
  for (const r of rows) {
    const options = { renderer: lines.focus, pane: "focus", interactive: false };
    const look = { ...options, className: "focus-zone", weight: 1.2 };
    const zone = zonePacks[r.zone] ? L.polygon(zoneLatLngs(r.zone), look) : L.circleMarker(zonePoints[r.zone], look);
    zone.addTo(focus);
    if (zone.setRadius) zone.setRadius(zoneRadius(r.zone, map.getZoom()) + 2);
    const ends = [zonePoints[r.zone], positions.stations[r.station]];
    L.polyline(ends, { ...options, className: "focus-line", weight: 0.8 + (2.4 * r.kwh) / most }).addTo(focus);
  }
}
