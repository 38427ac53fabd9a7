// Search: stations, substations, districts, sites, fuel stations and zones, by name in both languages or id.
const OF_PLAN = ["stations", "substations"];
const SEARCHED = [...OF_PLAN, "districts", "sites", "fuel", "existing", "zones"].filter(
  (kind) => OF_PLAN.includes(kind) || PLACES[kind],
);
const countOf = (kind) => (OF_PLAN.includes(kind) ? PLAN[kind].length : PLACES[kind].id.length);
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
