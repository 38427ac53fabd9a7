// What-if: changes in the page's address, so that a link carries them. Bytes in base64url: the form, the plan's print, for
// each site its number and its steps, and a sum over all that tells a garbled link from a whole one.

const FORM = 1;
const MOST_LINK = 20000; // signs
function pushVarint(bytes, value) {
  let rest = value;
  while (rest >= 128) {
    bytes.push((rest % 128) + 128);
    rest = Math.floor(rest / 128);
  }
  bytes.push(rest);
}
// A Fletcher sum of two bytes.
function checksum(bytes) {
  let [a, b] = [1, 0];
  for (const byte of bytes) {
    a = (a + byte) % 255;
    b = (b + a) % 255;
  }
  return [a, b];
}
function linkText() {
  const changes = changedSites()
    .map((s) => [WHAT.sites.number[s], columnOf(tried.now, s)])
    .sort((x, y) => x[0] - y[0]);
  if (!changes.length) return "";
  const bytes = [FORM, WHAT.print % 256, Math.floor(WHAT.print / 256)];
  let last = 0;
  for (const [number, column] of changes) {
    pushVarint(bytes, number - last);
    last = number;
    const steps = stepsOf(column, null);
    pushVarint(bytes, steps.length);
    for (const [phase, kind] of steps) {
      pushVarint(bytes, phase);
      pushVarint(bytes, kind + 1);
    }
  }
  bytes.push(...checksum(bytes));
  return btoa(String.fromCharCode(...bytes)).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}
// What a link says: {columns, strange} or {fault}, the key of what is wrong with it. Nothing in it is trusted.
function readLink(text) {
  if (text.length > MOST_LINK || !/^[\w-]+$/.test(text)) return { fault: "wi_link_garbled" };
  let bytes;
  try {
    bytes = [...bytesOf(text.replaceAll("-", "+").replaceAll("_", "/"))];
  } catch {
    return { fault: "wi_link_garbled" };
  }
  const body = bytes.slice(0, -2);
  if (body.length < 4 || body[0] !== FORM || checksum(body).some((sum, n) => sum !== bytes[body.length + n]))
    return { fault: "wi_link_garbled" };
  if (body[1] + 256 * body[2] !== WHAT.print) return { fault: "wi_link_other" };
  return readColumns(varints(Uint8Array.from(body.slice(3))));
}
function readColumns(values) {
  const place = new Map(WHAT.sites.number.map((number, s) => [number, s]));
  const columns = [];
  let [at, number, strange] = [0, 0, 0];
  while (at < values.length) {
    number += values[at++];
    const column = new Array(PHASE_COUNT).fill(null);
    for (let n = values[at++]; n > 0; n--, at += 2) {
      const [phase, kind] = [values[at], values[at + 1] - 1];
      if (!(phase < PHASE_COUNT && kind < WHAT.types.length)) return { fault: "wi_link_garbled" };
      column.fill(kind, phase);
    }
    if (column.includes(null)) return { fault: "wi_link_garbled" };
    if (!place.has(number)) strange++;
    else if (isPossible(place.get(number), column)) columns.push([place.get(number), column]);
    else return { fault: "wi_link_garbled" };
  }
  return { columns, strange };
}
// A column that the page itself could have made.
function isPossible(s, column) {
  const first = WHAT.sites.initial[s];
  const choices = new Set([-1, first, ...choicesAt(s)]);
  return column.every((k, p) => {
    const before = p ? column[p - 1] : first;
    const closes = k < 0 && before === first;
    return choices.has(k) && (closes || (k >= before && (before >= 0 || first < 0 || p === 0)));
  });
}
function keepInAddress() {
  const parts = location.hash.slice(1).split("&").filter((part) => part && !part.startsWith("w="));
  const text = linkText();
  if (text) parts.push(`w=${text}`);
  const hash = parts.join("&");
  if (hash !== location.hash.slice(1)) history.replaceState(null, "", `#${hash}`);
}
// Take up what the address asks for; a link that cannot be read changes nothing and says why.
function followAddress() {
  const text = new URLSearchParams(location.hash.slice(1)).get("w");
  if (!canTry || text === null || text === linkText()) return;
  const { columns = [], strange = 0, fault = null } = readLink(text);
  note_.key = fault || (strange ? "wi_link_strange" : null);
  note_.n = strange;
  const asked = new Map(columns);
  const rest = changedSites().filter((s) => !asked.has(s) && !fault);
  putAll([...columns, ...rest.map((s) => [s, columnOf(tried.planned, s)])]);
  renderWhatIf();
}
const note_ = { key: null, n: 0 };
