"use strict";
(() => {
  const root = document.documentElement;
  const find = (selector, within = document) => within.querySelector(selector);
  const findAll = (selector, within = document) => [...within.querySelectorAll(selector)];
  // Details: the titles of cells, shown at once on hover and on focus.
  const tip = find("#tip");
  const showTip = (cell) => {
    tip.textContent = cell.dataset.detail;
    tip.hidden = false;
    cell.setAttribute("aria-describedby", "tip");
    const at = cell.getBoundingClientRect();
    const size = tip.getBoundingClientRect();
    const left = Math.min(Math.max(8, at.left + at.width / 2 - size.width / 2), root.clientWidth - size.width - 8);
    const above = at.top - size.height - 6;
    tip.style.left = `${Math.max(8, left)}px`;
    tip.style.top = `${above > 8 ? above : at.bottom + 6}px`;
  };
  const hideTip = () => {
    tip.hidden = true;
    find("[aria-describedby=tip]")?.removeAttribute("aria-describedby");
  };
  for (const element of findAll("td[title], th[title]")) {
    element.dataset.detail = element.title;
    element.removeAttribute("title");
  }
  // The cell under the mouse and the cell with the focus; which of the two shows its tip is said by what the reader moved
  // last. A page that scrolls under a mouse at rest sends it over other cells: that is no move.
  const pointedAt = { hover: null, focus: null };
  let movedLast = "hover";
  const detailOf = (event) => event.target.closest?.("[data-detail]") ?? null;
  const updateTip = () => {
    const other = movedLast === "hover" ? "focus" : "hover";
    const cell = pointedAt[movedLast] ?? pointedAt[other];
    hideTip();
    if (cell) showTip(cell);
  };
  for (const [kind, start, end] of [["hover", "mouseover", "mouseout"], ["focus", "focusin", "focusout"]]) {
    document.addEventListener(start, (event) => {
      pointedAt[kind] = detailOf(event);
      if (kind === "focus") movedLast = kind;
      updateTip();
    });
    document.addEventListener(end, () => {
      pointedAt[kind] = null;
      updateTip();
    });
  }
  document.addEventListener("mousemove", () => {
    if (movedLast === "hover") return;
    movedLast = "hover";
    updateTip();
  });
  document.addEventListener("keydown", (event) => event.key === "Escape" && hideTip());
  addEventListener("scroll", () => tip.hidden || updateTip(), true);

  // Tables: a button in each heading sorts, selects filter, and arrow keys walk through cells that have details.
  const sortKey = (row, column) => {
    const { value } = row.cells[column].dataset;
    return value === undefined ? row.cells[column].textContent.trim() : Number(value);
  };
  const compare = (left, right) =>
    typeof left === "number" && typeof right === "number"
      ? left - right
      : String(left).localeCompare(String(right), "en", { numeric: true });
  const sort = (table, heading) => {
    const column = heading.cellIndex;
    const isNumeric = !heading.classList.contains("text");
    // Numbers start with the highest, words with the first.
    const first = isNumeric ? "descending" : "ascending";
    const other = isNumeric ? "ascending" : "descending";
    const order = heading.getAttribute("aria-sort") === first ? other : first;
    findAll("[aria-sort]", table).forEach((sorted) => sorted.removeAttribute("aria-sort"));
    heading.setAttribute("aria-sort", order);
    const sign = order === "ascending" ? 1 : -1;
    const isAbsent = (key) => isNumeric && typeof key !== "number";
    const rows = [...table.tBodies[0].rows].map((row) => ({ row, key: sortKey(row, column) }));
    // What does not exist comes last in either order.
    rows.sort((a, b) => isAbsent(a.key) - isAbsent(b.key) || (isAbsent(a.key) ? 0 : sign * compare(a.key, b.key)));
    table.tBodies[0].append(...rows.map(({ row }) => row));
    makeReachable(table);
  };
  const filter = (table) => {
    const chosen = findAll(`[data-filters="${table.id}"]`).filter((select) => select.value !== "");
    for (const row of table.tBodies[0].rows) {
      row.hidden = chosen.some((select) => row.dataset[select.dataset.field] !== select.value);
    }
    table.classList.toggle("nothing", [...table.tBodies[0].rows].every((row) => row.hidden));
    table.dataset.only = chosen.map((select) => select.dataset.field).join(" ");
    makeReachable(table);
  };
  // One tab stop a table; the arrow keys go on from there.
  const makeReachable = (table) => {
    const cells = findAll("tbody [data-detail]", table);
    for (const cell of cells) cell.tabIndex = -1;
    const first = cells.find((cell) => !cell.parentElement.hidden && cell.offsetParent !== null);
    if (first) first.tabIndex = 0;
  };
  const neighbour = (cell, key) => {
    const rows = [...cell.closest("tbody").rows].filter((row) => !row.hidden);
    const row = rows.indexOf(cell.parentElement);
    const along = [...cell.parentElement.cells].filter((other) => other.dataset.detail && other.offsetParent !== null);
    switch (key) {
      case "ArrowLeft": return along[along.indexOf(cell) - 1];
      case "ArrowRight": return along[along.indexOf(cell) + 1];
      case "ArrowUp": return rows[row - 1]?.cells[cell.cellIndex];
      case "ArrowDown": return rows[row + 1]?.cells[cell.cellIndex];
      default: return undefined;
    }
  };
  for (const table of findAll("table.data")) {
    for (const heading of table.tHead.rows[0].cells) {
      const button = document.createElement("button");
      button.type = "button";
      button.textContent = heading.textContent;
      button.addEventListener("click", () => sort(table, heading));
      heading.replaceChildren(button);
    }
    table.tBodies[0].addEventListener("keydown", (event) => {
      const cell = event.target.closest("[data-detail]");
      const next = cell && neighbour(cell, event.key);
      if (!next?.dataset.detail) return;
      event.preventDefault();
      cell.tabIndex = -1;
      next.tabIndex = 0;
      next.focus();
    });
    filter(table);
  }
  for (const select of findAll("[data-filters]")) {
    select.addEventListener("change", () => filter(find(`#${select.dataset.filters}`)));
  }

  // The chart: accuracy by N, a line a method, and the values at one N beside it.
  const source = find("#chart-data");
  if (!source) return;
  const data = JSON.parse(source.textContent);
  const lines = find("#chart-lines");
  const values = find("#chart-values");
  const status = find("#chart-status");
  const categories = find("#chart-category");
  const ceiling = find("#chart-ceiling");
  const MARKERS = [
    "M-4 0a4 4 0 1 0 8 0a4 4 0 1 0-8 0",
    "M-3.6-3.6h7.2v7.2h-7.2z",
    "M0-5L4.6 3.4H-4.6z",
    "M0-5.2L5.2 0L0 5.2L-5.2 0z",
    "M0 5L4.6-3.4H-4.6z",
    "M0.0 -5.6L1.4 -2.0L5.3 -1.7L2.3 0.8L3.3 4.5L0.0 2.4L-3.3 4.5L-2.3 0.8L-5.3 -1.7L-1.4 -2.0z",
    "M2.2 -4.6L4.6 -2.2L2.4 0.0L4.6 2.2L2.2 4.6L0.0 2.4L-2.2 4.6L-4.6 2.2L-2.4 0.0L-4.6 -2.2L-2.2 -4.6L0.0 -2.4z",
  ];
  const PLUS = "M-1.6-4.6h3.2v3h3v3.2h-3v3h-3.2v-3h-3v-3.2h3z";
  const DOT = "M-2.4 0a2.4 2.4 0 1 0 4.8 0a2.4 2.4 0 1 0-4.8 0";
  const COLOURS = 6;
  const DASHES = ["none", "7 4", "7 4 1 4", "3 4"];
  const MARGIN = { top: 30, right: 16, bottom: 40, left: 44 };
  const names = [...new Set(data.series.map((series) => series.method))];
  const rewarded = names.filter((name) => data.series.some((s) => s.method === name && isReward(s)));
  let active = data.n.length - 1;

  function isReward(series) {
    return series.strategy === "best_of_n" || series.strategy === "weighted_vote";
  }
  function element(name, attributes = {}, ...children) {
    const made = document.createElementNS(lines.namespaceURI, name);
    for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
    made.append(...children);
    return made;
  }
  // As in the figures. A method keeps its look under both strategies; from the seventh on, colours come again with
  // another marker and other dashes.
  function look(series) {
    if (series.strategy === "majority_vote") return { class: "majority", marker: PLUS };
    if (series.strategy === "pass_at_n") return { class: "ceiling", marker: DOT };
    const place = rewarded.indexOf(series.method);
    const dash = DASHES[Math.floor(place / COLOURS) % DASHES.length];
    return {
      class: "",
      style: `--colour: var(--series-${place % COLOURS}); --dash: ${dash}`,
      marker: MARKERS[place % MARKERS.length],
    };
  }
  function shown() {
    const strategy = find("[name=strategy]:checked").value;
    const category = categories.selectedIndex;
    const isShown = (series) =>
      series.strategy === strategy || series.strategy === "majority_vote" || (series.strategy === "pass_at_n" && ceiling.checked);
    return data.series.filter(isShown).map((series) => ({ series, look: look(series), points: series.points[category] }));
  }
  // Round steps that give about five lines.
  function ticks(low, high) {
    const rough = Math.max(high - low, 0.5) / 5;
    const power = 10 ** Math.floor(Math.log10(rough));
    const step = [1, 2, 5, 10].map((factor) => factor * power).find((size) => size >= rough);
    const all = [];
    for (let at = Math.ceil(low / step); at * step <= high + 1e-9; at += 1) all.push(Number((at * step).toPrecision(6)));
    return all;
  }
  function scales(series) {
    const ends = series.flatMap(({ points }) => points.filter(Boolean).map((point) => point.mean));
    const [bottom, top] = ends.length ? [Math.min(...ends) - 1, Math.max(...ends) + 1] : [0, 100];
    const [width, height] = [lines.clientWidth, lines.clientHeight];
    const [first, last] = [Math.log2(data.n[0]), Math.log2(data.n.at(-1))];
    const inner = width - MARGIN.left - MARGIN.right - 24;
    const x = (n) => MARGIN.left + 12 + (last > first ? (Math.log2(n) - first) / (last - first) : 0.5) * inner;
    const y = (value) => height - MARGIN.bottom - ((value - bottom) / (top - bottom)) * (height - MARGIN.top - MARGIN.bottom);
    return { bottom, top, width, height, x, y };
  }
  const format = (value) => value.toFixed(2).replace("-", "\u2212");

  function drawLines(series) {
    const { bottom, top, width, height, x, y } = scales(series);
    lines.setAttribute("viewBox", `0 0 ${width} ${height}`);
    const parts = [];
    for (const tick of ticks(bottom, top)) {
      parts.push(element("path", { class: "grid", d: `M${MARGIN.left} ${y(tick)}H${width - MARGIN.right}` }));
      parts.push(element("text", { x: MARGIN.left - 8, y: y(tick) + 4, "text-anchor": "end" }, String(tick)));
    }
    for (const n of data.n) {
      parts.push(element("text", { x: x(n), y: height - MARGIN.bottom + 18, "text-anchor": "middle" }, String(n)));
    }
    parts.push(element("text", { x: width - MARGIN.right, y: height - 4, "text-anchor": "end" }, "N, CoTs drawn (log scale)"));
    parts.push(element("text", { x: 0, y: 12 }, "Accuracy, %"));
    parts.push(element("path", { class: "cursor", d: `M${x(data.n[active])} ${MARGIN.top}V${height - MARGIN.bottom}` }));
    for (const { look, points } of series) {
      const group = element("g", { class: look.class, style: look.style ?? "" });
      const at = points.map((point, i) => point && { x: x(data.n[i]), y: y(point.mean) });
      const path = at.map((spot, i) => spot && `${at[i - 1] ? "L" : "M"}${spot.x} ${spot.y}`).filter(Boolean).join("");
      group.append(element("path", { class: "series", d: path }));
      for (const spot of at.filter(Boolean)) {
        group.append(element("path", { class: "marker", d: look.marker, transform: `translate(${spot.x} ${spot.y})` }));
      }
      parts.push(group);
    }
    lines.replaceChildren(...parts);
  }
  // The interval as a bar; all bars stand on one axis.
  function bar(look, point, [low, high]) {
    const place = (value) => 3 + ((value - low) / (high - low || 1)) * 90;
    return element("svg", { viewBox: "0 0 96 12", class: look.class, style: look.style ?? "", "aria-hidden": "true" },
      element("path", { class: "bar", d: `M${place(point.interval[0])} 6H${place(point.interval[1])}` }),
      element("circle", { class: "dot", cx: place(point.mean), cy: 6, r: 3 }));
  }
  function drawValues(series) {
    // The ceiling lies so far above that its bar would squeeze all others.
    const ends = series.flatMap(({ look, points }) => (look.class === "ceiling" ? [] : points[active]?.interval ?? []));
    const axis = [Math.min(...ends), Math.max(...ends)];
    const rows = series.map(({ series: { method }, look, points }) => {
      const row = document.createElement("tr");
      const icon = element("svg", { viewBox: "-7 -7 14 14", "aria-hidden": "true" },
        element("path", { class: `marker ${look.class}`, style: look.style ?? "", d: look.marker }));
      const name = document.createElement("th");
      name.scope = "row";
      name.title = method;
      name.append(icon, method);
      row.append(name);
      const point = points[active];
      row.insertCell().textContent = point ? format(point.mean) : "–";
      const hasBar = point?.interval && look.class !== "ceiling";
      row.insertCell().append(...(hasBar ? [bar(look, point, axis)] : []));
      row.insertCell().textContent = point?.interval ? point.interval.map(format).join(" to ") : "–";
      return row;
    });
    values.tBodies[0].replaceChildren(...rows);
    values.caption.textContent = `N = ${data.n[active]}`;
  }
  function draw() {
    const series = shown();
    const category = data.categories[categories.selectedIndex].title;
    lines.setAttribute("aria-label", `Accuracy by N, ${category}; the values are in the table beside the chart`);
    drawLines(series);
    drawValues(series);
  }
  function activate(place) {
    const next = Math.min(Math.max(place, 0), data.n.length - 1);
    if (next === active) return;
    active = next;
    draw();
  }
  lines.addEventListener("pointermove", (event) => {
    const { x } = scales(shown());
    const at = event.clientX - lines.getBoundingClientRect().left;
    const distances = data.n.map((n) => Math.abs(x(n) - at));
    activate(distances.indexOf(Math.min(...distances)));
  });
  lines.addEventListener("keydown", (event) => {
    const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    if (!step) return;
    event.preventDefault();
    activate(active + step);
    const read = [...values.tBodies[0].rows].map((row) => `${row.cells[0].textContent} ${row.cells[1].textContent}`);
    status.textContent = `N = ${data.n[active]}: ${read.join(", ")}`;
  });
  categories.append(...data.categories.map(({ title }, place) => new Option(title, place)));
  categories.parentElement.hidden = data.categories.length < 2;
  const strategies = new Set(data.series.map((series) => series.strategy));
  for (const radio of findAll("[name=strategy]")) radio.disabled = !strategies.has(radio.value);
  if (!strategies.has("best_of_n")) (find("[name=strategy]:enabled") ?? find("[name=strategy]")).checked = true;
  ceiling.parentElement.hidden = !strategies.has("pass_at_n");
  find("#chart .controls").addEventListener("change", draw);
  new ResizeObserver(draw).observe(lines);
})();
