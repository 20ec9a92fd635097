"use strict";
// The list of questions: what is in it, and the rows that are in sight. Only those are elements of the page.

/** The list; `open` is called with the place of a question among all of them. */
function listQuestions(questions, open) {
  const { index } = questions;
  const rows = find("#view-rows");
  const space = find("#view-space");
  const status = find("#view-status");
  const heads = find("#view-heads");
  const search = find("#view-search");
  const category = find("#view-category");
  const outcome = find("#view-outcome");
  const disputed = find("#view-disputed");
  const dropping = find("#view-dropping");
  const drop = find("#view-drop");
  const SPARE = 6;
  let shown = [];
  let active = 0;
  let asked = 0;

  const dropSize = () => Math.round(1000 * (Number(drop.value) || index.drop / 1000));
  const largestDrop = (place) => index.methods.reduce((most, method) => Math.max(most, method.drops[place] ?? 0), 0);

  function outcomes() {
    const option = (value, text) => make("option", { value }, text);
    outcome.append(option("", "any"));
    index.picks.forEach((pick, place) => {
      outcome.append(option(`${place}:1`, `${pick.title}: right`), option(`${place}:0`, `${pick.title}: wrong`));
    });
    outcome.append(option("none", "no CoT is right"), option("some", "some are right, some wrong"), option("all", "all CoTs are right"));
  }
  function hasOutcome(place) {
    const { value } = outcome;
    const [right, all] = [index.right_cots[place], index.cots[place]];
    switch (value) {
      case "": return true;
      case "none": return right === 0;
      case "some": return right > 0 && right < all;
      case "all": return right === all;
      default: {
        const [pick, verdict] = value.split(":");
        return index.picks[Number(pick)].right[place] === verdict;
      }
    }
  }
  function passes(place, words, texts) {
    return (category.value === "" || questions.isIn(place, Number(category.value)))
      && hasOutcome(place)
      && (!disputed.checked || index.disputed[place] === "1")
      && (!dropping.checked || largestDrop(place) >= dropSize())
      && words.every((word) => texts[place].includes(word) || index.ids[place].toLowerCase().includes(word));
  }
  /** Filters anew. A search reads whole texts first; if the reader has asked for something else by then, it is forgotten. */
  async function filter() {
    asked += 1;
    const turn = asked;
    const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
    let texts = [];
    if (words.length) {
      try { texts = await questions.texts(); } catch (error) { status.textContent = error.message; return; }
    }
    if (turn !== asked) return;
    const kept = shown[active];
    shown = [];
    for (let place = 0; place < questions.count; place += 1) if (passes(place, words, texts)) shown.push(place);
    active = Math.max(0, shown.indexOf(kept));
    tell();
    draw();
    reveal();
  }
  function tell() {
    const all = plural(questions.count, "question", "questions");
    status.textContent = shown.length === questions.count
      ? `${all}, ${plural(index.cots.reduce((sum, count) => sum + count, 0), "CoT", "CoTs")}`
      : `${shown.length.toLocaleString("en")} of ${all}`;
  }

  // One mark a pick, in groups: majority vote, then two for each method.
  const MARKS = { 1: ["✓", "right"], 0: ["✗", "wrong"], "-": ["·", "no rewards"] };
  function marks(place) {
    const groups = new Map();
    for (const pick of index.picks) {
      const [sign, word] = MARKS[pick.right[place]];
      const mark = make("span", { class: `view-mark ${word.split(" ")[0]}`, title: `${pick.title}: ${word}` }, sign);
      const key = pick.method ?? -1;
      if (!groups.has(key)) groups.set(key, make("span", { class: "view-group" }));
      groups.get(key).append(mark);
    }
    return make("span", { class: "view-marks" }, ...groups.values());
  }
  function drawHeads() {
    const names = ["Vote", ...index.methods.map((method) => method.name)];
    const titles = ["Majority vote", ...index.methods.map((method) => `${method.name}: Best-of-N, weighted vote`)];
    heads.replaceChildren(
      make("span", { class: "view-marks" }, ...names.map((name, place) => make("span", { class: "view-group", title: titles[place] }, name))),
      make("span", { class: "view-share" }, "CoTs right"),
      make("span", { class: "view-largest" }, "drop"),
    );
  }
  function describe(place) {
    const verdicts = index.picks.map((pick) => `${pick.title} ${MARKS[pick.right[place]][1]}`).join(", ");
    return `${index.beginnings[place]} ${index.right_cots[place]} of ${index.cots[place]} CoTs right. ${verdicts}`;
  }
  function row(position) {
    const place = shown[position];
    const size = largestDrop(place);
    const [right, all] = [index.right_cots[place], index.cots[place]];
    const made = make("div", {
      role: "option", class: "view-row", id: `view-option-${position}`, "aria-posinset": position + 1, "aria-setsize": shown.length,
      "aria-selected": position === active ? "true" : "false", "aria-label": describe(place),
    },
      make("span", { class: "view-words" },
        make("span", { class: "view-beginning", dir: "auto" }, index.beginnings[place] || "(no text)"),
        make("span", { class: "view-id" }, `${questions.categoryOf(place).title} · `, make("bdi", {}, index.ids[place]))),
      marks(place),
      make("span", { class: "view-share", title: `${right} of ${all} CoTs are right` },
        make("span", { class: "view-meter" }, make("span", { class: "view-level" })), `${right}/${all}`),
      make("span", { class: `view-largest${size >= dropSize() ? " large" : ""}`, title: "The largest drop between two steps" }, size ? `↓ ${(size / 1000).toFixed(2)}` : ""),
    );
    find(".view-level", made).style.width = `${all ? (100 * right) / all : 0}%`;
    made.style.top = `${position * height()}px`;
    made.addEventListener("click", () => { activate(position); open(place); });
    return made;
  }
  // The height of a row is the style's business, and another on a narrow screen.
  const height = () => parseFloat(getComputedStyle(rows).getPropertyValue("--row")) || 52;
  function draw() {
    const size = height();
    space.style.height = `${shown.length * size}px`;
    const first = Math.max(0, Math.floor(rows.scrollTop / size) - SPARE);
    const last = Math.min(shown.length, Math.ceil((rows.scrollTop + rows.clientHeight) / size) + SPARE);
    const made = [];
    for (let position = first; position < last; position += 1) made.push(row(position));
    space.replaceChildren(...made);
    if (!shown.length) space.replaceChildren(make("p", { class: "note" }, "No question is like this."));
    if (shown.length && active >= first && active < last) rows.setAttribute("aria-activedescendant", `view-option-${active}`);
    else rows.removeAttribute("aria-activedescendant");
  }
  function reveal() {
    const [top, size] = [active * height(), height()];
    if (top < rows.scrollTop) rows.scrollTop = top;
    else if (top + size > rows.scrollTop + rows.clientHeight) rows.scrollTop = top + size - rows.clientHeight;
  }
  function activate(position) {
    if (!shown.length) return;
    active = Math.min(Math.max(position, 0), shown.length - 1);
    reveal();
    draw();
  }

  rows.addEventListener("scroll", draw);
  new ResizeObserver(draw).observe(rows);
  index.categories.forEach((known, place) => category.append(make("option", { value: place }, known.title || known.name)));
  category.parentElement.hidden = index.categories.length < 2;
  disputed.parentElement.hidden = index.methods.length === 0;
  const hasDrops = index.methods.some((method) => method.drops.some((size) => size !== null));
  find("#view-drops").hidden = !hasDrops;
  drop.value = index.drop / 1000;
  // Where the marks of many methods stand in a row, there is no room for names above them: hovering tells.
  find(".view-list").classList.toggle("many", index.methods.length > 6);
  outcomes();
  drawHeads();
  for (const control of [category, outcome, disputed, dropping, drop]) control.addEventListener("change", filter);
  search.addEventListener("input", filter);
  filter();

  return {
    dropSize,
    search,
    /** Keys in the list: true where the key was one of the list's. */
    press(key) {
      const page = Math.max(1, Math.floor(rows.clientHeight / height()) - 1);
      const steps = { j: 1, ArrowDown: 1, k: -1, ArrowUp: -1, PageDown: page, PageUp: -page, Home: -shown.length, End: shown.length };
      if (key === "Enter" && shown.length) open(shown[active]);
      else if (key in steps) activate(active + steps[key]);
      else return false;
      return true;
    },
    /** The neighbour of a question among those that are listed; none at the ends. A question that is not listed has its place there. */
    neighbour(place, step) {
      const at = shown.indexOf(place);
      if (at >= 0) return shown[at + step];
      return step > 0 ? shown.find((other) => other > place) : shown.findLast((other) => other < place);
    },
    position: (place) => ({ at: shown.indexOf(place) + 1, of: shown.length }),
    /** Makes the list ready to be seen again, at this question. */
    show(place) {
      const at = shown.indexOf(place);
      if (at >= 0) activate(at); else draw();
      rows.focus({ preventScroll: true });
    },
  };
}
