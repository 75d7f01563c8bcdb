/* Scores of single images: a chart of two models, and a table to sort, search and page through. */
"use strict";
(() => {
  const data = JSON.parse(document.getElementById("scores").textContent);
  const at = (id) => document.getElementById(id);
  const SVG = new Set(["svg", "line", "circle", "text", "title"]);
  const PAGE = 20, SIZE = 480, LEFT = 62, BOTTOM = 52, TOP = 12, RIGHT = 14;
  for (const models of data.values)  // JSON has no infinite numbers: they are text
    for (const values of models)
      values.forEach((value, i) => { if (typeof value === "string") values[i] = Number(value); });
  const order = data.images.map((_, image) => image);
  const problems = new Map(data.problems.map(([model, image, text]) => [`${model} ${image}`, text]));
  const state = { column: "name", down: false, page: 0, chosen: 0, byLead: [] };

  const metric = () => data.metrics[+at("metric").value];
  const scores = (model) => data.values[+at("metric").value][model];
  const across = () => +at("across").value;
  const up = () => +at("up").value;
  const lead = (image) => {
    const [x, y] = [scores(across())[image], scores(up())[image]];
    return x === null || y === null || Number.isNaN(y - x) ? null : y - x;
  };

  function number(value) {
    if (value === null) return "–";
    const text = Number.isFinite(value) ? Math.abs(value).toFixed(3) : "∞";
    return value < 0 && text !== "0.000" ? `−${text}` : text;
  }

  function element(parent, name, attributes = {}, text = "") {
    const space = SVG.has(name) ? "http://www.w3.org/2000/svg" : "http://www.w3.org/1999/xhtml";
    const made = document.createElementNS(space, name);
    for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
    if (text) made.textContent = text;
    parent.append(made);
    return made;
  }

  function options(select, names, chosen) {
    names.forEach((name, index) => element(select, "option", { value: index }, name));
    select.value = chosen;
  }

  function short(name, longest) {
    return name.length <= longest ? name : `${name.slice(0, longest - 9)}…${name.slice(-8)}`;
  }

  /* Steps of 1, 2 or 5 times a power of ten that divide a range into about five. */
  function ticks(low, high) {
    const rough = (high - low) / 5, power = 10 ** Math.floor(Math.log10(rough));
    const step = power * [1, 2, 5, 10].find((factor) => factor * power >= rough);
    const digits = Math.max(0, -Math.floor(Math.log10(step) + 1e-9));
    const found = [];
    for (let k = Math.ceil(low / step - 1e-9); k * step <= high + step * 1e-9; k++)
      found.push([k * step, (k * step).toFixed(digits).replace("-", "−")]);
    return found;
  }

  function drawChart() {
    const figure = document.querySelector("#scatter figure");
    const [xs, ys] = [scores(across()), scores(up())];
    const known = order.filter((i) => Number.isFinite(xs[i] ?? NaN) && Number.isFinite(ys[i] ?? NaN));
    state.byLead = [...known].sort((a, b) => lead(a) - lead(b) || a - b);
    figure.replaceChildren();
    const slider = at("image");
    slider.max = Math.max(0, known.length - 1);
    slider.disabled = known.length === 0;
    if (!known.length) {
      state.chosen = 0;
      at("said").textContent = "No image has a finite score by both.";
      return;
    }
    const both = known.flatMap((i) => [xs[i], ys[i]]);
    let low = Math.min(...both), high = Math.max(...both);
    const margin = (high - low) * 0.03 || 0.5;
    [low, high] = [low - margin, high + margin];
    const width = SIZE - LEFT - RIGHT, height = SIZE - TOP - BOTTOM;
    const x = (value) => LEFT + (value - low) / (high - low) * width;
    const y = (value) => TOP + (high - value) / (high - low) * height;
    const names = [across(), up()].map((model) => data.models[model]);
    const svg = element(figure, "svg", {
      viewBox: `0 0 ${SIZE} ${SIZE}`, role: "img",
      "aria-label": `${metric().title} of ${known.length} images: ${names[1]} over ${names[0]}`,
    });
    for (const [value, text] of ticks(low, high)) {
      element(svg, "line", { class: "grid", x1: x(value), x2: x(value), y1: TOP, y2: TOP + height });
      element(svg, "line", { class: "grid", y1: y(value), y2: y(value), x1: LEFT, x2: LEFT + width });
      element(svg, "text", { x: x(value), y: TOP + height + 17, "text-anchor": "middle" }, text);
      element(svg, "text", { x: LEFT - 7, y: y(value) + 4, "text-anchor": "end" }, text);
    }
    element(svg, "line", { class: "axis", x1: LEFT, x2: LEFT + width, y1: TOP + height, y2: TOP + height });
    element(svg, "line", { class: "axis", x1: LEFT, x2: LEFT, y1: TOP, y2: TOP + height });
    element(svg, "line", { class: "diagonal", x1: x(low), y1: y(low), x2: x(high), y2: y(high) });
    element(svg, "text", {
      class: "name", x: LEFT + width / 2, y: SIZE - 10, "text-anchor": "middle",
    }, short(names[0], 40));
    element(svg, "text", {
      class: "name", x: 0, y: 0, "text-anchor": "middle",
      transform: `translate(14 ${TOP + height / 2}) rotate(-90)`,
    }, short(names[1], 40));
    const dots = new Map();
    for (const i of known) {
      const dot = element(svg, "circle", { cx: x(xs[i]), cy: y(ys[i]), r: 3.5 });
      element(dot, "title", {}, `${data.images[i]}: ${number(xs[i])}, ${number(ys[i])}`);
      dots.set(i, dot);
    }
    const better = known.filter((i) => metric().lower ? lead(i) < 0 : lead(i) > 0).length;
    const side = metric().lower ? "below" : "above";
    const summary = names[0] === names[1] ? ""
      : `${names[1]} is better on ${better} of ${known.length} images, ${side} the diagonal. `;
    const missing = order.length - known.length;
    const left = missing ? `${missing} images have no finite score by both. ` : "";

    state.choose = (index) => {
      dots.get(state.byLead[state.chosen])?.classList.remove("chosen");
      state.chosen = Math.min(Math.max(index, 0), known.length - 1);
      const i = state.byLead[state.chosen], dot = dots.get(i);
      dot.classList.add("chosen");
      dot.setAttribute("r", 3.5);
      svg.append(dot);
      slider.value = state.chosen;
      const words = `${data.images[i]}: ${names[0]} ${number(xs[i])}, ${names[1]} ${number(ys[i])}`;
      slider.setAttribute("aria-valuetext", words);
      at("said").textContent = `${summary}${left}Ringed: ${words}.`;
    };
    svg.addEventListener("pointermove", (event) => {
      const box = svg.getBoundingClientRect(), scale = SIZE / box.width;
      const [px, py] = [(event.clientX - box.left) * scale, (event.clientY - box.top) * scale];
      let nearest = -1, distance = 14 ** 2;
      state.byLead.forEach((i, index) => {
        const d = (x(xs[i]) - px) ** 2 + (y(ys[i]) - py) ** 2;
        if (d < distance) [nearest, distance] = [index, d];
      });
      if (nearest >= 0 && nearest !== state.chosen) state.choose(nearest);
    });
    state.choose(known.length - 1);
  }

  function columns() {
    const found = [
      { key: "name", head: "Image", value: (i) => data.images[i] },
      { key: "fixations", head: "Fixations", value: (i) => data.fixations[i] },
      ...data.models.map((name, model) => ({
        key: `model ${model}`, head: name, value: (i) => scores(model)[i], model,
      })),
    ];
    if (across() !== up())
      found.push({
        key: "lead", head: `${data.models[up()]} − ${data.models[across()]}`, value: lead,
      });
    return found;
  }

  /* Names as people count, numbers by size, images without a number last either way. */
  const collator = new Intl.Collator("en", { numeric: true });
  function compare(a, b) {
    if (a === null || b === null) return (a === null) - (b === null);
    const sign = state.down ? -1 : 1;
    return sign * (typeof a === "string" ? collator.compare(a, b) : a < b ? -1 : +(a > b));
  }

  function drawTable() {
    const shown = columns();
    const by = shown.find((column) => column.key === state.column) ?? shown[0];
    state.column = by.key;
    const table = at("single");
    const focused = document.activeElement?.dataset?.key;
    const row = document.createElement("tr");
    for (const { key, head } of shown) {
      const cell = element(row, "th", { scope: "col" });
      if (key === by.key) cell.setAttribute("aria-sort", state.down ? "descending" : "ascending");
      const button = element(cell, "button", { type: "button", "data-key": key }, head);
      button.addEventListener("click", () => {
        state.down = state.column === key ? !state.down : key !== "name";
        [state.column, state.page] = [key, 0];
        drawTable();
      });
    }
    table.tHead.replaceChildren(row);
    [...row.querySelectorAll("button")].find((button) => button.dataset.key === focused)?.focus();

    const words = at("search").value.trim().toLowerCase();
    const found = order.filter((i) => data.images[i].toLowerCase().includes(words));
    found.sort((a, b) => compare(by.value(a), by.value(b)) || a - b);
    const last = Math.max(0, Math.ceil(found.length / PAGE) - 1);
    state.page = Math.min(state.page, last);
    const start = state.page * PAGE;
    table.tBodies[0].replaceChildren();
    for (const i of found.slice(start, start + PAGE)) {
      const line = element(table.tBodies[0], "tr");
      for (const { key, value, model } of shown) {
        if (key === "name") element(line, "th", { scope: "row" }, value(i));
        else if (key === "fixations") element(line, "td", {}, String(value(i)));
        else {
          const reason = model === undefined ? undefined : problems.get(`${model} ${i}`);
          element(line, "td", reason ? { title: reason } : {}, number(value(i)));
        }
      }
    }
    at("where").textContent = found.length
      ? `${start + 1} to ${Math.min(start + PAGE, found.length)} of ${found.length} images`
      : "no image has such a name";
    at("back").disabled = state.page === 0;
    at("next").disabled = state.page === last;
  }

  options(at("metric"), data.metrics.map(({ title }) => title), 0);
  options(at("across"), data.models, data.across);
  options(at("up"), data.models, data.up);
  for (const id of ["metric", "across", "up"])
    at(id).addEventListener("change", () => { drawChart(); drawTable(); });
  at("image").addEventListener("input", () => state.choose(+at("image").value));
  at("search").addEventListener("input", () => { state.page = 0; drawTable(); });
  at("back").addEventListener("click", () => { state.page--; drawTable(); });
  at("next").addEventListener("click", () => { state.page++; drawTable(); });
  if (data.models.length < 2) {
    for (const place of [at("scatter"), at("across").parentNode, at("up").parentNode])
      place.hidden = true;
    at("scatter").parentNode.className = "";
  }
  [at("explore").hidden, at("scriptless").hidden] = [false, true];
  drawChart();
  drawTable();
})();
