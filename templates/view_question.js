"use strict";
// A question that is open: its text, what was picked, and its CoTs side by side.

/** Fills `body` with a question. `choices` holds what the reader chose for all questions: whose rewards, which order. */
function showQuestion(body, questions, place, question, choices, dropSize) {
  const { index } = questions;
  const method = question.methods[choices.method] ?? null;
  const ofPick = (at) => ({ ...index.picks[at], pick: question.picks[at] });
  const SIGNS = { true: ["✓", "right"], false: ["✗", "wrong"] };

  const sign = (isRight) => make("span", { class: `view-mark ${SIGNS[isRight][1]}`, "aria-hidden": "true" }, SIGNS[isRight][0]);
  const words = (text, attributes = {}) => make("span", { dir: "auto", ...attributes }, text);
  /** A reward, shaded and as text; exact on hover. */
  function chip(reward, title) {
    const isMissing = reward === null || reward === undefined;
    const made = make("span", { class: `view-reward${isMissing ? " missing" : ""}`, title: isMissing ? "missing" : `${title ?? "reward"} ${reward}` }, isMissing ? "missing" : reward.toFixed(2));
    if (!isMissing) made.style.setProperty("--reward", Math.min(Math.max(reward, 0), 1));
    return made;
  }

  function head() {
    return make("div", {}, make("h3", { id: "view-name", tabindex: "-1" }, `${questions.categoryOf(place).title} · `, make("bdi", {}, index.ids[place])),
      make("p", { class: "view-text", dir: "auto", tabindex: "0" }, question.text),
      make("p", { class: "view-gold" }, "Gold answer ", make("strong", { dir: "auto" }, question.gold)));
  }
  /** What each way of choosing picks among all CoTs: majority vote, then a row a method. */
  function picks() {
    const cell = ({ title, pick }, attributes = {}) => {
      const cot = question.cots[pick?.cot];
      if (!cot) return make("td", { class: "none", title, ...attributes }, pick ? "no answer" : "no rewards");
      const weight = pick.weight === undefined ? "" : `, weight ${pick.weight.toFixed(2)}`;
      const votes = `${plural(pick.votes, "CoT gives", "CoTs give")} this answer${weight}`;
      return make("td", { title: `${title}: ${SIGNS[pick.right][1]}; ${votes}`, ...attributes }, make("span", { class: "view-picked" },
        sign(pick.right), make("span", { class: "unseen" }, SIGNS[pick.right][1]), words(cot.answer ?? "none", { class: "view-answer" }), make("small", {}, `CoT ${cot.id}, ${pick.votes}/${question.cots.length}`)));
    };
    const all = index.picks.map((_, at) => ofPick(at));
    const row = (name, ...cells) => make("tr", {}, make("th", { scope: "row" }, make("bdi", {}, name)), ...cells);
    const rows = index.methods.map(({ name }, by) => row(name, ...all.filter((pick) => pick.method === by).map((pick) => cell(pick))));
    return make("div", { class: "view-picks" }, make("table", {},
      make("caption", {}, "Answer, its CoT, and how many CoTs give it"),
      rows.length > 0 && make("thead", {}, make("tr", {}, make("td"), make("th", { scope: "col" }, "Best-of-N"), make("th", { scope: "col" }, "Weighted vote"))),
      make("tbody", {}, ...rows, row("Majority vote", cell(all[0], { colspan: 2 })))));
  }
  function legend() {
    const isSteps = method?.shape === "steps";
    const what = isSteps ? "A step's reward" : "A reward";
    return make("p", { class: "view-legend" }, `${what}: `, make("span", {}, "0 "), make("span", { class: "view-scale", "aria-hidden": "true" }), make("span", {}, " 1"),
      make("span", { class: "view-reward missing", "aria-hidden": "true" }, "missing"),
      isSteps && make("span", {}, make("span", { class: "view-fall-sign", "aria-hidden": "true" }, "▼"), ` first drop of at least ${(dropSize / 1000).toFixed(2)}`));
  }
  function controls() {
    const methods = make("select", { id: "view-method" }, ...index.methods.map(({ name, aggregation }, at) =>
      make("option", { value: at, selected: at === choices.method }, `${name} (${aggregation})`)));
    const orders = [["data", "as in the data"], ["value", "by value, highest first"], ["right", "right ones first"]];
    const order = make("select", { id: "view-order" }, ...orders.map(([value, text]) => make("option", { value, selected: value === choices.order }, text)));
    return make("div", { class: "controls view-choices" },
      index.methods.length > 0 && make("label", {}, "Rewards of ", methods),
      make("label", {}, "CoTs ", order),
      index.methods.length > 0 && legend());
  }

  /** The CoTs' places in the order that was chosen. */
  function ordered() {
    const places = question.cots.map((_, at) => at);
    const value = (at) => method?.cots[at].value ?? 0;
    if (choices.order === "value") places.sort((a, b) => value(b) - value(a));
    if (choices.order === "right") places.sort((a, b) => question.cots[b].right - question.cots[a].right);
    return places;
  }
  /** The first step that lies a large drop below the one before, and no step where there is none. */
  function firstDrop(rewards) {
    return rewards.findIndex((reward, at) => {
      const before = rewards[at - 1];
      return at > 0 && typeof before === "number" && typeof reward === "number" && thousandths(before, reward) >= dropSize;
    });
  }
  /** Who picks this CoT: a badge for majority vote, and one for each method. */
  function badges(at) {
    const own = index.picks.map((_, pick) => ofPick(pick)).filter(({ pick }) => pick?.cot === at);
    const badge = (by) => {
      const its = own.filter((pick) => pick.method === by);
      const title = its.map((pick) => pick.title).join(", ");
      if (!its.length) return null;
      const how = its.length > 1 ? "both" : title.startsWith("Best") ? "Best-of-N" : "weighted vote";
      return make("span", { class: by === choices.method ? "chosen" : "", title: `Picked by: ${title}` }, by === null ? "majority vote" : `${index.methods[by].name}: ${how}`);
    };
    return make("p", { class: "view-badges" }, badge(null), ...index.methods.map((_, by) => badge(by)));
  }
  function values(at) {
    const rows = question.methods.map((rewards, by) => rewards && make("div", { class: by === choices.method ? "chosen" : "" },
      make("dt", {}, make("bdi", {}, index.methods[by].name)),
      make("dd", {}, chip(rewards.cots[at].value, `${index.methods[by].aggregation} of its rewards:`), !rewards.cots[at].rewards?.length && make("small", {}, " no rewards"))));
    return make("dl", { class: "view-values", "aria-label": "Values" }, ...rows);
  }
  function labelOf(cot, at) {
    const text = { 1: ["✓", "labelled right"], "-1": ["✗", "labelled wrong"], 0: ["○", "labelled neutral"] }[cot.labels?.[at]];
    return text ? make("span", { class: `view-label ${text[1].split(" ")[1]}`, title: text[1] }, text[0], make("span", { class: "unseen" }, text[1])) : null;
  }
  function steps(cot, rewards) {
    const isMatched = method?.shape === "steps" && rewards?.length === cot.steps.length;
    const fall = isMatched ? firstDrop(rewards) : -1;
    const made = cot.steps.map((text, at) => {
      const reward = isMatched ? rewards[at] : undefined;
      const step = make("li", { class: `view-step${isMatched ? (reward === null ? " missing" : " shaded") : ""}${at === fall ? " fall" : ""}` },
        make("p", { class: "view-measure" }, isMatched && chip(reward), labelOf(cot, at),
          at === fall && make("span", { class: "view-fall" }, make("span", { class: "view-fall-sign", "aria-hidden": "true" }, "▼"), ` first drop: ${rewards[at - 1].toFixed(2)} → ${reward.toFixed(2)}`)),
        make("p", { class: "view-step-text", dir: "auto" }, text));
      if (typeof reward === "number") step.style.setProperty("--reward", reward);
      return step;
    });
    return cot.steps.length ? make("ol", { class: "view-steps" }, ...made) : make("p", { class: "note" }, "This CoT has no steps.");
  }
  /** Text with the judgements in it marked: the verdict, and those of single steps. */
  function marked(text) {
    const judgement = /(Is the (?:answer|solution) correct(?: \(Yes\/No\))?\? (?:Yes|No)|\\boxed\{(?:correct|incorrect)\})/;
    return text.split(judgement).map((part, at) => (at % 2 ? make("mark", { class: part.startsWith("Is") ? "verdict" : "" }, part) : part));
  }
  /** Rewards that are not of single steps, with what was written on the way to them. */
  function verdicts(cot, own) {
    if (!own || (method.shape === "steps" && own.rewards?.length === cot.steps.length)) return null;
    const count = own.rewards?.length ?? 0;
    const name = method.shape === "steps" ? `${plural(count, "reward", "rewards")} for ${plural(cot.steps.length, "step", "steps")}` : plural(count, "reward of the whole CoT", "rewards of the whole CoT");
    const ENDS = { stop: "", end_of_text: "", length: ", cut at the token budget", prompt_too_long: ", the prompt filled the context" };
    const critiques = (own.rationales ?? []).map(({ text, finish, reward }, at) => make("details", {},
      make("summary", {}, `Critique ${at + 1} `, chip(reward, "reward"), reward === null ? " no verdict" : "", ENDS[finish] ?? ""),
      make("p", { class: "view-critique", dir: "auto" }, ...marked(text))));
    return make("div", { class: "view-verdicts" }, make("p", { class: "view-rewards" }, make("span", {}, `${name} `), ...(own.rewards ?? []).map((reward) => chip(reward))), ...critiques);
  }
  function column(at) {
    const cot = question.cots[at];
    const own = method?.cots[at];
    const name = `CoT ${cot.id}`;
    return make("section", { class: `view-cot ${SIGNS[cot.right][1]}`, "aria-label": `${name}, ${SIGNS[cot.right][1]}` },
      make("header", {},
        make("p", { class: "view-verdict" }, sign(cot.right), make("strong", {}, name), make("span", { class: "view-said" }, SIGNS[cot.right][1], ", answer "), words(cot.answer ?? "none", { class: "view-answer" })),
        badges(at), values(at)),
      verdicts(cot, own),
      steps(cot, own?.rewards));
  }

  const cots = make("div", { class: "view-cots", tabindex: "0", role: "group", "aria-label": `${plural(question.cots.length, "CoT", "CoTs")} side by side` }, ...ordered().map(column));
  body.replaceChildren(make("header", { class: "view-head" }, head(), picks()), controls(), question.cots.length ? cots : make("p", { class: "note" }, "This question has no CoTs."));
  // The heads of all columns are as high as the highest, so that steps begin side by side.
  const heads = [...cots.querySelectorAll("header")];
  const highest = Math.max(0, ...heads.map((header) => header.getBoundingClientRect().height));
  cots.style.setProperty("--head", `${highest}px`);
}
