// Figures of the page: planes, their values under the pointer, what is drawn on them, the chart.

export const $ = (selector) => document.querySelector(selector);
export const $$ = (selector) => [...document.querySelectorAll(selector)];
export const data = JSON.parse($("#page-data").textContent);
export const planes = {};  // the newest of the session's replies about each, by name
const tables = {};  // colors of every palette as numbers whose bytes are RGBA
let named = null;  // Bokeh's models by name

export async function embedFigures(onTap) {
  for (const [name, colors] of Object.entries(data.palettes)) {
    const bytes = colors.flatMap((c) => [1, 3, 5].map((k) => parseInt(c.slice(k, k + 2), 16)).concat(255));
    tables[name] = new Uint32Array(Uint8Array.from(bytes).buffer);
  }
  const places = {chart: $("#chart"), profile: $("#profile")};
  for (const card of $$(".card")) places[card.dataset.plane] = card.querySelector(".picture");
  const roots = Object.fromEntries(Object.entries(data.roots).map(([id, name]) => [id, places[name]]));
  await Bokeh.embed.embed_items(
    {page: data.document}, [{docid: "page", roots, root_ids: Object.keys(roots)}]);
  const page = Bokeh.documents[0];
  named = new Proxy({}, {get: (_, name) => page.get_model_by_name(name)});
  for (const name in data.titles) {
    const plane = named[name];
    plane.on_event("mousemove", ({x, y}) => hover([x, y]));
    plane.on_event("mouseleave", () => hover(null));
    if (name === "photograph") plane.on_event("tap", ({x, y}) => onTap(x, y));
    page.event_manager.subscribed_models.add(plane);
  }
}

export function fit(cols, rows) {
  document.body.style.setProperty("--aspect", cols / rows);
  named.x.setv({bounds: [0, cols], start: 0, end: cols, reset_start: 0, reset_end: cols});
  named.y.setv({bounds: [0, rows], start: rows, end: 0, reset_start: rows, reset_end: 0});
  for (const plane in data.titles) named[plane].aspect_ratio = cols / rows;
}

const drawn = {};  // what was drawn last, since every new column costs a frame

function isNew(name, ...values) {
  const text = JSON.stringify(values), before = drawn[name];
  drawn[name] = text;
  return text !== before;
}

export function showFixations(fixations) {
  if (!isNew("fixations", fixations)) return;
  const column = (c) => Array.from({length: fixations.shape[0]}, (_, k) => fixations[2 * k + c]);
  named.fixations.data = {x: column(0), y: column(1)};
}

export function showPath(path, start) {
  if (!isNew("path", path, start)) return;
  const landings = [], saccades = [];
  for (let k = 0; k < (path?.shape[0] ?? 0); k++) {
    landings.push([path[2 * k], path[2 * k + 1]]);
    saccades.push([landings[k - 1] ?? start, landings[k]]);
  }
  const middle = ([here, there], axis) => (here[axis] + there[axis]) / 2;
  named.saccades.data = {
    xs: saccades.map(([here, there]) => [here[0], there[0]]),
    ys: saccades.map(([here, there]) => [here[1], there[1]]),
  };
  named.arrowheads.data = {
    x: saccades.map((saccade) => middle(saccade, 0)), y: saccades.map((saccade) => middle(saccade, 1)),
    angle: saccades.map(([here, there]) => Math.atan2(here[1] - there[1], there[0] - here[0]) - Math.PI / 2),
  };
  named.start.data = {x: path ? [start[0]] : [], y: path ? [start[1]] : []};
  named.landings.data = {
    x: landings.map(([x]) => x), y: landings.map(([, y]) => y), text: landings.map((_, k) => String(k + 1)),
  };
}

export function showTargets(targets) {
  if (!isNew("targets", targets)) return;
  named.targets.data = {
    x: targets.map(({x}) => x), y: targets.map(({y}) => y), text: ["A", "B"].slice(0, targets.length),
  };
}

export function showProfile(profile) {
  if (!profile || !isNew("profile", profile)) return;
  const {shown, seen, zones, limits: [low, high]} = profile;
  const {x_range, y_range, below, left} = named.profile;
  x_range.setv({start: 0, end: shown.length});
  y_range.setv({start: low, end: high});
  below[0].axis_label = profile.x;
  left[0].axis_label = profile.y;
  named.line.data = {x: Array.from(shown, (_, k) => k + 0.5), shown, seen};
  named.zones.data = {
    left: zones.map(([, start]) => start), right: zones.map(([, , end]) => end),
    middle: zones.map(([, start, end]) => (start + end) / 2), text: zones.map(([letter]) => letter),
    bottom: zones.map(() => low), top: zones.map(() => high),
    alpha: zones.map(([letter]) => letter === "A" ? 0.4 : 0.2),
  };
}

export function showCrop(box, [cols, rows]) {
  if (!isNew("crop", box, cols, rows)) return;
  const quads = (boxes) => Object.fromEntries(["left", "top", "right", "bottom"].map(
    (side, k) => [side, boxes.map((each) => each[k])]));
  if (!box) {
    named.crop.data = named.outside.data = quads([]);
    return;
  }
  const [left, top, right, bottom] = box;
  named.crop.data = quads([box]);
  named.outside.data = quads([
    [0, 0, cols, top], [0, bottom, cols, rows], [0, top, left, bottom], [right, top, cols, bottom]]);
}

export function showChart({chart, level}) {
  if (!chart || !isNew("chart", chart, level)) return;
  const {curves, levels, frequencies} = chart, n = levels.shape[1];
  const absent = curves.level.map(() => NaN);
  named.curves.data = Object.fromEntries(data.curves.map((name) => [name, curves[name] ?? absent]));
  const all = Array.from({length: n}, (_, k) => k + 1);
  named.levels.data = {
    x: levels.slice(0, n), y: levels.slice(n), text: all.map(String),
    width: all.map((k) => k === level ? 2.5 : 1),
  };
  named.frequencies.major_label_overrides = new Map(frequencies.map((text, k) => [k + 1, text]));
}

// --- values under the pointer ---

export const format = (value) => {
  const size = Math.abs(value), exponential = size && (size < 1e-3 || size >= 1e5);
  const text = exponential ? value.toExponential(2) : String(Number(value.toPrecision(4)));
  return text.replace("-", "\u2212");
};

export function valueAt(name, x, y) {
  if (!planes[name]) return "";
  const {codes, step, limits: [low, high]} = planes[name], [rows, cols] = codes.shape;
  const row = Math.floor(y / step), col = Math.floor(x / step);
  if (row < 0 || col < 0 || row >= rows || col >= cols) return "";
  const code = codes[row * cols + col];
  if (codes instanceof Uint32Array) return [code & 255, code >> 8 & 255, code >> 16 & 255].join(" ");
  const digits = Math.ceil(Math.log10(65535 / (high - low)));  // that 16 bits tell apart
  return format(Number((low + code / 65535 * (high - low)).toFixed(Math.max(0, digits))));
}

// --- pictures: codes of 16 bits become colors here, so that little is sent ---

export function paint(name) {
  const {codes, step, palette, limits, color_limits: [low, high]} = planes[name];
  const [rows, cols] = codes.shape, span = 255.99 / (high - low);
  const first = (limits[0] - low) * span, slope = (limits[1] - limits[0]) / 4095 * span;
  let colors = codes;
  if (!(codes instanceof Uint32Array)) {
    const table = tables[palette], {ndarray} = Bokeh.require("core/util/ndarray");
    const shades = Uint32Array.from({length: 4096}, (_, k) =>
      table[Math.max(0, Math.min(255, first + slope * k)) | 0]);
    colors = ndarray(new Uint32Array(codes.length), {dtype: "uint32", shape: codes.shape});
    for (let i = 0; i < codes.length; i++) colors[i] = shades[codes[i] >> 4];
  }
  named[`${name} source`].data = {colors: [colors], dw: [cols * step], dh: [rows * step]};
  if (name === "map") updateOverlay();
}

export function showOverlay() {  // of a saliency map only: a percept would hide the photograph
  const {value, disabled} = $("#opacity");
  named["overlay image"].glyph.global_alpha = Number(value);
  named["overlay image"].visible = value > 0 && !disabled;
  updateOverlay();
}

function updateOverlay() {
  if (named["overlay image"].visible) named["overlay source"].data = named["map source"].data;
}

let pointer = null, valuesDue = false;  // x, y; it may rest while the planes change

export function showValues() {
  valuesDue = false;
  for (const card of $$(".card")) {
    card.querySelector("[data-value]").textContent = pointer ? valueAt(card.dataset.plane, ...pointer) : "";
  }
}

function hover(position) {
  pointer = position;
  if (!valuesDue) requestAnimationFrame(showValues);
  valuesDue = true;
}

// --- colors of the chart, which a canvas does not take from the style sheet ---

export function recolor() {
  const probe = document.body.appendChild(document.createElement("i"));
  const [ink, grey, line, paper, accent] = ["ink", "grey", "line", "paper", "accent"].map((name) => {
    probe.style.color = `var(--${name})`;
    return getComputedStyle(probe).color;
  });
  probe.remove();
  for (const part of [named.chart, named.profile].flatMap(
    ({below, above, left, center}) => [...below, ...above, ...left, ...center])) {
    const {type} = part;
    if (type === "Legend") part.label_text_color = ink;
    if (type === "Grid") part.grid_line_color = line;
    if (type !== "LinearAxis") continue;
    part.setv({axis_label_text_color: grey, major_label_text_color: grey,
               axis_line_color: grey, major_tick_line_color: grey});
  }
  for (const {glyph, name} of [...named.chart.renderers, ...named.profile.renderers]) {
    if (["level numbers", "zone letters"].includes(name)) glyph.text_color = ink;
    else if (name === "level circles") glyph.setv({fill_color: paper, line_color: ink});
    else if (name !== "zone grounds") glyph.line_color = name === "seen" || name.startsWith("color") ? accent : ink;
  }
}
