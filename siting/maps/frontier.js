// A frontier comes alive: one language at a time, and a point that is touched lights up in every chart and the table.
const TIPS = JSON.parse(document.getElementById("siting-tips").textContent);
const root = document.documentElement;
const tip = document.getElementById("tip");
let shown = null;

function language(name) {
  root.lang = name;
  if (shown !== null) say(shown);
}
// Text becomes text nodes, never markup.
function say(row) {
  const head = document.createElement("b");
  head.textContent = TIPS[row].head;
  const lines = TIPS[row].lines[root.lang === "en" ? 0 : 1].map((text) => {
    const line = document.createElement("span");
    line.textContent = text;
    return line;
  });
  tip.replaceChildren(head, ...lines);
}
function show(row, x, y) {
  hide();
  shown = row;
  for (const element of document.querySelectorAll(`[data-row="${row}"]`)) element.classList.add("on");
  say(row);
  tip.classList.add("on");
  const { width, height } = tip.getBoundingClientRect();
  const left = x + 16 + width > window.innerWidth ? x - width - 16 : x + 16;
  tip.style.setProperty("left", `${Math.max(8, Math.min(left, window.innerWidth - width - 8))}px`);
  tip.style.setProperty("top", `${Math.max(8, Math.min(y + 16, window.innerHeight - height - 8))}px`);
}
function hide() {
  for (const element of document.querySelectorAll(".on")) element.classList.remove("on");
  shown = null;
}
const rowUnder = (target) => target.closest?.("[data-row]");
document.addEventListener("pointerover", (e) => {
  const under = rowUnder(e.target);
  if (under) show(Number(under.dataset.row), e.clientX, e.clientY);
  else if (e.pointerType === "mouse") hide();
});
document.addEventListener("click", (e) => {
  const under = rowUnder(e.target);
  if (under) show(Number(under.dataset.row), e.clientX, e.clientY);
  else hide();
});
document.addEventListener("focusin", (e) => {
  const under = rowUnder(e.target);
  if (!under) return;
  const box = under.getBoundingClientRect();
  show(Number(under.dataset.row), box.left + 40, box.bottom);
});
document.addEventListener("keydown", (e) => e.key === "Escape" && hide());
document.getElementById("language").addEventListener("click", () => language(root.lang === "en" ? "zh-Hans" : "en"));
if ((navigator.language || "").toLowerCase().startsWith("zh")) language("zh-Hans");
root.dataset.ready = "yes";
