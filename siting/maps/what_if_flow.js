// Energy: most served, then least minutes, exactly as siting assigns it. A transportation problem solved by the network
// simplex method (G. Dantzig 1951; strongly feasible trees: W. Cunningham, Mathematical Programming 11, 1976), with
// whole numbers for times, so that prices are exact. A station is a way to the root for each type it may be; what is not
// open there costs more than to stay unserved. So a change is a change of costs, and the tree in hand is where to go on.

const STEPS = 65535; // parts of the longest drive that times are told in
const UNSERVED = 1000 * STEPS;
const SHUT = 2 * UNSERVED;
const AT_LOWER = 1;
const IN_TREE = 0;
const AT_UPPER = -1;

class Transport {
  // demand: by zone; pairs: {zone, site, steps}; stations: how many; capacities: by type; promised: serve no more than that.
  constructor(demand, pairs, stations, capacities, promised) {
    const zones = demand.length;
    const count = pairs.zone.length;
    this.pairs = pairs;
    this.zones = zones;
    this.capacities = capacities;
    this.spill = zones + stations; // where what is not served comes together
    this.root = this.spill + 1;
    this.firstSpill = count;
    this.firstDoor = count + zones + 2;
    const arcs = this.firstDoor + stations * capacities.length;
    this.source = new Int32Array(arcs);
    this.target = new Int32Array(arcs).fill(this.root);
    this.cost = new Float64Array(arcs);
    this.limit = new Float64Array(arcs).fill(Infinity);
    this.flow = new Float64Array(arcs);
    this.state = new Int8Array(arcs).fill(AT_LOWER);
    for (let a = 0; a < count; a++) {
      this.source[a] = pairs.zone[a];
      this.target[a] = zones + pairs.site[a];
      this.cost[a] = pairs.steps[a];
    }
    for (let z = 0; z < zones; z++) {
      this.source[count + z] = z;
      this.target[count + z] = this.spill;
    }
    this.total = demand.reduce((sum, kwh) => sum + kwh, 0);
    this.free = count + zones; // beyond what is promised nothing need be served
    this.short = this.free + 1;
    this.source[this.free] = this.source[this.short] = this.spill;
    this.limit[this.free] = promised > 0 ? Math.max(0, this.total - promised) : 0;
    this.cost[this.short] = UNSERVED;
    for (let s = 0, a = this.firstDoor; s < stations; s++)
      for (const capacity of capacities) {
        this.source[a] = zones + s;
        this.limit[a] = capacity;
        this.cost[a++] = SHUT;
      }
    this.demand = demand;
    this.plant();
  }

  // The first tree: nobody is served, every station stands by itself.
  plant() {
    const nodes = this.root + 1;
    for (const name of ["parent", "arc", "child", "next", "before", "depth"]) this[name] = new Int32Array(nodes).fill(-1);
    this.price = new Float64Array(nodes);
    this.hang(this.spill, this.root, this.short);
    this.flow[this.free] = this.limit[this.free];
    this.state[this.free] = AT_UPPER;
    this.flow[this.short] = this.total - this.limit[this.free];
    for (let z = 0; z < this.zones; z++) {
      this.hang(z, this.spill, this.firstSpill + z);
      this.flow[this.firstSpill + z] = this.demand[z];
    }
    for (let s = this.zones; s < this.spill; s++)
      this.hang(s, this.root, this.firstDoor + (s - this.zones) * this.capacities.length);
    this.depth[this.root] = 0;
  }
  hang(node, parent, arc) {
    this.parent[node] = parent;
    this.arc[node] = arc;
    this.state[arc] = IN_TREE;
    const first = this.child[parent];
    this.next[node] = first;
    this.before[node] = -1;
    if (first >= 0) this.before[first] = node;
    this.child[parent] = node;
  }
  cut(node) {
    const [before, next] = [this.before[node], this.next[node]];
    if (before >= 0) this.next[before] = next;
    else this.child[this.parent[node]] = next;
    if (next >= 0) this.before[next] = before;
  }

  // What stands where: the type's place among the capacities, or -1.
  open(station, type) {
    const first = this.firstDoor + station * this.capacities.length;
    for (let k = 0; k < this.capacities.length; k++) this.cost[first + k] = k === type ? 0 : SHUT;
  }

  // Price what hangs below a node, and how deep it hangs; the node's own parent is priced already.
  reprice(top) {
    const { parent, arc, child, next, depth, price, source, cost } = this;
    let node = top;
    for (;;) {
      const a = arc[node];
      const above = parent[node];
      price[node] = source[a] === node ? price[above] - cost[a] : price[above] + cost[a];
      depth[node] = depth[above] + 1;
      if (child[node] >= 0) {
        node = child[node];
        continue;
      }
      while (node !== top && next[node] < 0) node = parent[node];
      if (node === top) return;
      node = next[node];
    }
  }

  solve() {
    for (let node = this.child[this.root]; node >= 0; node = this.next[node]) this.reprice(node);
    const { source, target, cost, price, state } = this;
    const arcs = source.length;
    const block = Math.max(64, Math.ceil(Math.sqrt(arcs)));
    let at = 0;
    let seen = 0;
    let pivots = 0;
    while (seen < arcs) {
      let best = 0;
      let enter = -1;
      for (let n = 0; n < block && seen < arcs; n++, seen++) {
        const reduced = state[at] * (cost[at] + price[source[at]] - price[target[at]]);
        if (reduced < best) {
          best = reduced;
          enter = at;
        }
        if (++at === arcs) at = 0;
      }
      if (enter < 0) continue;
      this.pivot(enter);
      pivots++;
      seen = 0;
    }
    this.settle();
    return pivots;
  }

  pivot(enter) {
    const { parent, arc, depth, source, target, flow, limit, state } = this;
    const up = state[enter] === AT_LOWER;
    const first = up ? source[enter] : target[enter];
    const second = up ? target[enter] : source[enter];
    let [a, b] = [first, second];
    while (a !== b) {
      if (depth[a] >= depth[b]) a = parent[a];
      else b = parent[b];
    }
    const join = a;
    let step = limit[enter];
    let leave = -1;
    let side = 0;
    for (let u = first; u !== join; u = parent[u]) {
      const e = arc[u];
      const room = source[e] === u ? flow[e] : limit[e] - flow[e];
      if (room < step) [step, leave, side] = [room, u, 1];
    }
    for (let u = second; u !== join; u = parent[u]) {
      const e = arc[u];
      const room = source[e] === u ? limit[e] - flow[e] : flow[e];
      if (room <= step) [step, leave, side] = [room, u, 2];
    }
    step = Math.max(step, 0);
    if (step > 0) {
      flow[enter] += up ? step : -step;
      for (let u = first; u !== join; u = parent[u]) flow[arc[u]] += source[arc[u]] === u ? -step : step;
      for (let u = second; u !== join; u = parent[u]) flow[arc[u]] += source[arc[u]] === u ? step : -step;
    }
    if (!side) {
      state[enter] = up ? AT_UPPER : AT_LOWER;
      flow[enter] = up ? limit[enter] : 0;
      return;
    }
    const out = arc[leave];
    const emptied = (source[out] === leave) === (side === 1);
    state[out] = emptied ? AT_LOWER : AT_UPPER;
    flow[out] = emptied ? 0 : limit[out];
    const top = side === 1 ? first : second;
    this.graft(top, side === 1 ? second : first, enter, leave);
    this.reprice(top);
  }
  // Hang what was below the arc that leaves on the arc that enters: turn the way between them round.
  graft(top, onto, enter, leave) {
    let [node, parent, arc] = [top, onto, enter];
    for (;;) {
      const [oldParent, oldArc] = [this.parent[node], this.arc[node]];
      this.cut(node);
      this.hang(node, parent, arc);
      if (node === leave) return;
      [node, parent, arc] = [oldParent, node, oldArc];
    }
  }

  // Work out the tree's flows anew from all others, leaves first, so that no rounding gathers.
  settle() {
    const nodes = this.root + 1;
    const left = new Float64Array(nodes);
    left.set(this.demand);
    for (let a = 0; a < this.source.length; a++) {
      if (this.state[a] === IN_TREE || !this.flow[a]) continue;
      left[this.source[a]] -= this.flow[a];
      left[this.target[a]] += this.flow[a];
    }
    const order = Array.from({ length: nodes }, (_, n) => n).sort((a, b) => this.depth[b] - this.depth[a]);
    for (const node of order) {
      if (node === this.root) continue;
      const a = this.arc[node];
      const sent = this.source[a] === node ? left[node] : -left[node];
      this.flow[a] = Math.min(Math.max(sent, 0), this.limit[a]);
      left[this.parent[node]] += left[node];
    }
  }

  get served() {
    return this.total - this.flow[this.free] - this.flow[this.short];
  }
  // kWh a day x steps of time.
  get spent() {
    let sum = 0;
    for (let a = 0; a < this.firstSpill; a++) sum += this.flow[a] * this.cost[a];
    return sum;
  }
}
