// What-if: the file that `siting plan --fix` takes back.

// TOML writes text as JSON does, but for DEL and halves of surrogate pairs.
const tomlText = (text) =>
  JSON.stringify(String(text).toWellFormed ? String(text).toWellFormed() : String(text)).replaceAll("\u007f", "\\u007f");
const commentLine = (text) => String(text).replace(/[\u0000-\u001f\u007f-\u009f\u2028\u2029]/g, " ").slice(0, 200);
function fixText(sites, told) {
  const lines_ = told.map((line) => `# ${commentLine(line)}`);
  for (const s of sites) {
    const first = sites.whole ? WHAT.sites.initial[s] : null;
    for (const [phase, kind] of stepsOf(columnOf(tried.now, s), first))
      lines_.push(
        "",
        "[[fixed]]",
        `site = ${tomlText(siteItem(s).id)}`,
        `type = ${kind < 0 ? '"closed"' : tomlText(WHAT.types[kind].key)}`,
        `phase = ${tomlText(PHASES[phase].name)}`,
      );
  }
  return `${lines_.join("\n")}\n`;
}
const notOptimised = () => TEXT.wi_flag.join(" / ");
function changesFile() {
  return fixText(changedSites(), [
    `${notOptimised()}: ${PLAN.name}`,
    "The changes alone. siting plan SCENARIO --fix FILE builds the rest around them.",
  ]);
}
function wholeFile() {
  const sites = WHAT.sites.number.map((_, s) => s);
  return fixText(Object.assign(sites, { whole: true }), [
    `${notOptimised()}: ${PLAN.name}`,
    "Every station. siting plan SCENARIO --fix FILE --only counts the same, and optimises nothing.",
  ]);
}
function saveText(text, name, type) {
  const url = URL.createObjectURL(new Blob([text], { type }));
  h("a", { href: url, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(url), 1000);
}
