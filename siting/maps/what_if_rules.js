// What-if: which rules of the question no longer hold, by the phase on show. `siting plan --fix FILE --only` lists them all.

const RADIUS_M = 6371008.8;
function apart(a, b) {
  const [lat1, lon1, lat2, lon2] = [...a, ...b].map((degrees) => (degrees * Math.PI) / 180);
  const chord = Math.sin((lat2 - lat1) / 2) ** 2 + Math.cos(lat1) * Math.cos(lat2) * Math.sin((lon2 - lon1) / 2) ** 2;
  return 2 * RADIUS_M * Math.asin(Math.min(1, Math.sqrt(chord)));
}
// Pairs of open stations nearer than allowed, one of them changed, and not both there before.
function tooClose(p) {
  const limit = WHAT.rules.spacing_m;
  if (!limit) return 0;
  const open = WHAT.sites.number.map((_, s) => s).filter((s) => isSuper(tried.now[p][s]));
  const stood = (s) => isSuper(WHAT.sites.initial[s]);
  const pairs = new Set();
  for (const a of open.filter(isTried))
    for (const b of open)
      if (a !== b && !(stood(a) && stood(b)) && apart(sitePlace(a), sitePlace(b)) < limit - 0.01)
        pairs.add(`${Math.min(a, b)} ${Math.max(a, b)}`);
  return pairs.size;
}
function overloaded(p) {
  const stood = askedOf(WHAT.sites.initial);
  const added = ({ steps }, i) => steps[p].charging_peak_mw > stood[i] / 1000 + 1e-6;
  return PLAN.substations.filter((s, i) => s.steps[p].loading > LIMIT_TOLERANCE && added(s, i)).length;
}
function broken(p) {
  const { kpis, ratio } = PHASES[p];
  const { most, policy, enforce, served: floor, covered: near, reachable } = WHAT.rules;
  const short = ratio.districts.filter((d) => d.target > 0 && !meets(d)).length;
  const closed = WHAT.sites.initial.filter((k, s) => k >= 0 && tried.now[p][s] < 0).length;
  return [
    !meets(ratio.city) && t("wi_rule_city", { ratio: ratioText(ratio.city), target: num(ratio.city.target, 2) }),
    short > 0 && t("wi_rule_districts", { n: num(short) }),
    !missing(most[p]) && kpis.stations_open > most[p] && t("wi_rule_most", { n: num(kpis.stations_open), most: num(most[p]) }),
    MONEY.broken?.(PHASES[p]),
    enforce && overloaded(p) > 0 && t("wi_rule_load", { n: num(overloaded(p)) }),
    tooClose(p) > 0 && t("wi_rule_spacing", { n: num(tooClose(p)), m: num(WHAT.rules.spacing_m) }),
    floor && kpis.served_kwh_day < floor * reachable[p] * (1 - 1e-6) && t("wi_rule_served", { share: percent(floor) }),
    near && kpis.demand_covered_share * kpis.demand_kwh_day < near * reachable[p] * (1 - 1e-6) && t("wi_rule_covered", { share: percent(near) }),
    closed > 0 && policy !== "upgrade-or-close" && t("wi_rule_stay", { n: num(closed) }),
  ].filter(Boolean);
}
function brokenRules() {
  const rules = broken(state.phase);
  const { unchecked } = WHAT.rules;
  return [
    h("h2", {}, t("wi_rules")),
    h("ul", { class: "findings" }, rules.length ? rules.map((text) => h("li", { class: "warn" }, text)) : h("li", { class: "good" }, t("wi_rules_hold"))),
    unchecked.length > 0 && h("p", { class: "fine" }, t("wi_rules_unchecked", { sections: unchecked.join(", ") })),
  ].filter(Boolean);
}
