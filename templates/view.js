"use strict";
// The page at work: the list or a question, as the address says, and the keys.

const root = find("#view");
const listPane = find(".view-list", root);
const pane = find("#view-question");
const body = find("#view-body");
const help = find("#view-help");
const questions = openQuestions();
// Alone, the page takes keys wherever the focus is; in a report only inside of it.
const isAlone = document.body.classList.contains("view-page");
const choices = { method: firstMethod(), order: "data" };
let current = -1;

const list = listQuestions(questions, open);

/** A method whose rewards are about steps shows most. */
function firstMethod() {
  const { methods } = questions.index;
  return Math.max(0, methods.findIndex((method) => method.drops.some((size) => size > 0)));
}
/** Opening leaves an entry in the history, so that the browser's way back leads to the list. */
function open(place) {
  history.pushState(null, "", questions.address(place));
  show();
}
function step(by) {
  const next = list.neighbour(current, by);
  if (next === undefined) return;
  history.replaceState(null, "", questions.address(next));
  show();
}
function close() {
  const left = current;
  history.replaceState(null, "", location.pathname + location.search);
  show();
  list.show(left);
}
/** Shows what the address says. */
async function show() {
  const place = questions.find(location.hash);
  const isNew = place !== current;
  current = place;
  pane.hidden = place < 0;
  listPane.hidden = place >= 0;
  if (place < 0) { body.replaceChildren(); return; }
  const { at, of } = list.position(place);
  find("#view-place").textContent = at ? `${at.toLocaleString("en")} of ${of.toLocaleString("en")}` : "";
  find("#view-previous").disabled = list.neighbour(place, -1) === undefined;
  find("#view-next").disabled = list.neighbour(place, 1) === undefined;
  body.setAttribute("aria-busy", "true");
  try {
    const question = await questions.read(place);
    if (place !== current) return;
    showQuestion(body, questions, place, question, choices, list.dropSize());
    if (isNew) begin();
    prepare(list.neighbour(place, 1));
  } catch (error) {
    if (place === current) body.replaceChildren(make("p", { class: "view-failure", role: "alert" }, `This question cannot be shown: ${error.message}`));
  } finally {
    body.removeAttribute("aria-busy");
  }
}
/** Looks at the beginning of the question, and has the focus there, so that keys and screen readers go on from it. */
function begin() {
  if (isAlone) scrollTo(0, 0); else root.scrollIntoView({ block: "start" });
  find("#view-name").focus({ preventScroll: true });
}
/** Unpacks the next question's chunk, so that it is there when it is asked for. */
function prepare(place) {
  if (place !== undefined) questions.read(place).catch(() => {});
}
function choose(choice, value) {
  choices[choice] = value;
  const scroller = find(".view-cots", body);
  const at = scroller?.scrollTop ?? 0;
  show().then(() => { const now = find(".view-cots", body); if (now) now.scrollTop = at; });
}

function pressInQuestion(key, target) {
  const isScrolling = target.closest?.(".view-cots");
  const by = { j: 1, k: -1, ArrowRight: isScrolling ? 0 : 1, ArrowLeft: isScrolling ? 0 : -1 }[key];
  if (by) step(by);
  else if (key === "Escape") close();
  else if (key === "m" && questions.index.methods.length) choose("method", (choices.method + 1) % questions.index.methods.length);
  else return false;
  return true;
}
function press(event) {
  const { key, target } = event;
  if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented || help.open) return false;
  const isTyping = target.matches?.("input:not([type=checkbox]), textarea");
  if (isTyping) {
    if (key === "Escape" && target === list.search && target.value) { target.value = ""; target.dispatchEvent(new Event("input")); return true; }
    if (target === list.search && ["ArrowDown", "Enter"].includes(key)) { find("#view-rows").focus(); return true; }
    return false;
  }
  if (key === "?") { help.showModal(); return true; }
  if (key === "/") {
    if (current >= 0) close();
    list.search.focus();
    return true;
  }
  // Selects, buttons and summaries have keys of their own.
  const hasOwn = target.matches?.("select") || (target.matches?.("button, summary, input, a") && ["Enter", " "].includes(key));
  if (hasOwn && key !== "Escape") return false;
  return current >= 0 ? pressInQuestion(key, target) : list.press(key);
}

(isAlone ? document : root).addEventListener("keydown", (event) => { if (press(event)) event.preventDefault(); });
find("#view-close").addEventListener("click", close);
find("#view-previous").addEventListener("click", () => step(-1));
find("#view-next").addEventListener("click", () => step(1));
find("#view-help-open").addEventListener("click", () => help.showModal());
body.addEventListener("change", ({ target }) => {
  if (target.id === "view-method") choose("method", Number(target.value));
  if (target.id === "view-order") choose("order", target.value);
});
addEventListener("popstate", () => {
  const left = current;
  show();
  if (current < 0 && left >= 0) list.show(left);
});
show();
