// What-if: the key figures of what stands now, as siting itself counts them.

const bytesOf = (text) => Uint8Array.from(atob(text), (sign) => sign.charCodeAt(0));
function varints(bytes) {
  const values = [];
  let value = 0;
  let factor = 1;
  for (const byte of bytes) {
    value += (byte % 128) * factor;
    factor *= 128;
    if (byte < 128) {
      values.push(value);
      value = 0;
      factor = 1;
    }
  }
  return values;
}
// Unpacked when it is first asked for: a page that is only read pays nothing.
let reachFound = null;
function reach() {
  if (reachFound || !WHAT.reach) return reachFound;
  const { count, site, minutes, demand, longest } = WHAT.reach;
  const counts = varints(bytesOf(count));
  const steps = varints(bytesOf(site));
  const times = bytesOf(minutes);
  const kwh = new DataView(bytesOf(demand).buffer);
  const pairs = {
    zone: new Int32Array(steps.length),
    site: new Int32Array(steps.length),
    steps: new Int32Array(steps.length),
  };
  let at = 0;
  counts.forEach((n, zone) => {
    let s = 0;
    for (const end = at + n; at < end; at++) {
      s += steps[at];
      pairs.zone[at] = zone;
      pairs.site[at] = s;
      pairs.steps[at] = times[2 * at] + 256 * times[2 * at + 1];
    }
  });
  const within = counts.map((n) => n > 0);
  const demands = PHASES.map((_, p) =>
    Float64Array.from(counts, (_n, z) => kwh.getFloat32(4 * (p * counts.length + z), true)),
  );
  reachFound = { pairs, longest, within, demands };
  return reachFound;
}
const transports = [];
function transport(p) {
  const { pairs, within, demands } = reach();
  const supers = WHAT.types.map((_, k) => k).filter(isSuper);
  if (!transports[p]) {
    const demand = demands[p].map((kwh, z) => (within[z] ? kwh : 0));
    const rooms = supers.map((k) => WHAT.types[k].capacity);
    transports[p] = new Transport(demand, pairs, WHAT.sites.number.length, rooms, WHAT.rules.promised[p]);
  }
  tried.now[p].forEach((k, s) => transports[p].open(s, supers.indexOf(k)));
  transports[p].solve();
  return transports[p];
}
function served(p) {
  if (!WHAT.reach) return {};
  const { pairs, longest, demands } = reach();
  const demand = demands[p];
  const flow = transport(p);
  const covered = new Uint8Array(demand.length);
  for (let a = 0; a < pairs.zone.length; a++) if (isSuper(tried.now[p][pairs.site[a]])) covered[pairs.zone[a]] = 1;
  const all = demand.reduce((sum, kwh) => sum + kwh, 0);
  const near = demand.reduce((sum, kwh, z) => sum + kwh * covered[z], 0);
  const kwh = flow.served > 1e-6 ? flow.served : 0;
  return {
    flow,
    covered,
    kpis: {
      demand_kwh_day: PLAN_AS_IT_IS.phases[p].kpis.demand_kwh_day,
      served_kwh_day: kwh,
      demand_served_share: all ? kwh / all : 0,
      demand_covered_share: all ? near / all : 0,
      access_minutes_mean: kwh ? ((flow.spent / kwh) * longest) / STEPS : null,
    },
  };
}
function triedKpis(p) {
  const [now, first] = [tried.now[p], WHAT.sites.initial];
  const all = WHAT.sites.number.map((_, s) => s);
  const open = all.filter((s) => isSuper(now[s]));
  const energy = served(p);
  const none = { demand_kwh_day: null, served_kwh_day: null, demand_served_share: null };
  return {
    ...energy,
    kpis: {
      ...none,
      demand_covered_share: null,
      access_minutes_mean: null,
      ...energy.kpis,
      access_minutes_p95: null, // hangs on which of several best assignments is taken
      stations_open: open.length,
      stations_new: open.filter((s) => first[s] < 0).length,
      stations_upgraded: all.filter((s) => first[s] >= 0 && now[s] > first[s]).length,
      guns: open.reduce((sum, s) => sum + WHAT.types[now[s]].guns, 0),
      ...MONEY.counted?.(all, now),
      ...(WHAT.load && { peak_mw: open.reduce((sum, s) => sum + WHAT.types[now[s]].peak_kw, 0) / 1000 }),
    },
    ratio: triedRatio(p, open),
    ...(WHAT.load && { steps: triedLoads(p) }),
  };
}
function triedRatio(p, open) {
  const planned = PLAN_AS_IT_IS.phases[p].ratio;
  const byGuns = planned.form === "guns";
  const scope = (ratio, here) => {
    const guns = here.reduce((sum, s) => sum + WHAT.types[tried.now[p][s]].super_guns, 0);
    const against = byGuns ? ratio.nozzles || 0 : ratio.fuel_stations;
    const have = byGuns ? guns : here.length;
    return { ...ratio, stations: here.length, guns, ratio: against ? have / against : null };
  };
  const districts = planned.districts.map((d) => scope(d, open.filter((s) => siteDistrict(s) === d.district)));
  return { ...planned, city: scope(planned.city, open), districts };
}
// What stations ask of each substation together, kW.
function askedOf(types) {
  const kw = new Float64Array(PLAN.substations.length);
  types.forEach((k, s) => {
    if (k >= 0 && WHAT.load.feeders[s] >= 0) kw[WHAT.load.feeders[s]] += WHAT.types[k].peak_kw;
  });
  return kw;
}
// The worst hour and the charging by the hour of each substation that a change touches.
function triedLoads(p) {
  const { charging, base, growth } = WHAT.load;
  const kw = askedOf(tried.now[p]);
  const moved = new Set(changedSites().map((s) => WHAT.load.feeders[s]));
  const touched_ = PLAN_AS_IT_IS.substations.map((_, i) => i).filter((i) => moved.has(i));
  return touched_.map((i) => {
    const substation = PLAN_AS_IT_IS.substations[i];
    const peak = kw[i] / 1000;
    const day = charging[p].map((share) => share * peak);
    const total = day.map((mw, at) => mw + substation.base_peak_mw * base[at] * growth[p]);
    const worst = total.indexOf(Math.max(...total));
    const planned = substation.steps[p];
    const step = {
      ...planned,
      charging_peak_mw: Math.max(...day),
      worst_hour: worst,
      worst_mw: total[worst],
      loading: total[worst] / substation.limit_mw,
    };
    return { i, step, day };
  });
}
const substationOf = (s) => {
  const feeder = WHAT.load.feeders[s];
  return feeder < 0 ? null : PLAN.substations[feeder].id;
};
