// Filters: what the reader has put out. Stations by type, status, phase and district; substations by loading.

const hidden = { type: new Set(), status: new Set(), phase: new Set(), level: new Set() };
const chosen = { district: "" };
const filtering = () => Boolean(chosen.district) || Object.values(hidden).some((set) => set.size > 0);
function passes(station) {
  const status = statusAt(station);
  if (chosen.district && station.district !== chosen.district) return false;
  if (hidden.status.has(status)) return false;
  if (status !== "kept" && hidden.phase.has(station.phase)) return false;
  return !isOpen(station) || !hidden.type.has(typeAt(station));
}
const passesLevel = (substation) => !hidden.level.has(loadingClass(loadingAt(substation)));
function filtered() {
  drawMarks();
  renderLegend();
  renderView(state.tab);
}
function toggleHidden(set, value) {
  if (hidden[set].has(value)) hidden[set].delete(value);
  else hidden[set].add(value);
  filtered();
  document.querySelector(`[data-filter="${set}-${value}"]`)?.focus();
}
function clearFilter() {
  for (const set of Object.values(hidden)) set.clear();
  chosen.district = "";
  filtered();
}
const clearButton = () =>
  h("button", { type: "button", class: "link clear", onclick: clearFilter }, t("clear_filter"));
// A key that is a switch as well: pressed while what it stands for is shown.
function keySwitch(set, value, symbol, ...text) {
  const shown = !hidden[set].has(value);
  return h(
    "li",
    {},
    h(
      "button",
      {
        type: "button",
        class: "key",
        "data-filter": `${set}-${value}`,
        "aria-pressed": String(shown),
        title: t(shown ? "click_to_hide" : "click_to_show"),
        onclick: () => toggleHidden(set, value),
      },
      symbol,
      h("span", {}, ...text),
    ),
  );
}
function districtFilter() {
  return h(
    "select",
    {
      "aria-label": t("choose_district"),
      id: "choose-district",
      onchange: (e) => {
        chosen.district = e.target.value;
        filtered();
      },
    },
    h("option", { value: "", selected: !chosen.district }, t("all_districts")),
    PLACES.districts.id.map((id) => h("option", { value: id, selected: chosen.district === id }, districtName(id).slice(0, 200))),
  );
}
