// The browser's side of the explorer: controls send messages to the session, and its replies are
// shown.

import {
  $, $$, data, embedFigures, fit, format, paint, planes, showChart, showCrop, showFixations, showOverlay,
  showPath, showProfile, showTargets, showValues, valueAt,
} from "./page_figures.js";
import {arrange, copy, listenForHelp, startTheme} from "./page_shell.js";

let socket = null, ended = false, busyTimer = null, publishedPpd = 32, seed = 0;
let shown = {address: ""};  // the newest reply

function send(message) {
  if (ended) return;
  socket.send(JSON.stringify(message));
  if ("export" in message) return;
  clearTimeout(busyTimer);
  busyTimer = setTimeout(() => { $("#busy").hidden = false; }, 250);
}

function hideBusy() {
  clearTimeout(busyTimer);
  $("#busy").hidden = true;
}

function showAlert(text) {
  $("#alert span").textContent = text || "";
  $("#alert").hidden = !text;
}

// --- a server that does not answer, or no more ---

const DISCONNECTED = "The explorer has stopped or cannot be reached. Files that you saved are " +
  "safe: run psysal explore again, then reload this page.";

const startTimer = setTimeout(() => showDisconnected(true), 30000);

function showDisconnected(disconnected) {
  showAlert(disconnected ? DISCONNECTED : "");
  $("#reload").hidden = !disconnected;
  $("#reload").onclick = reload;
  $("#close").hidden = disconnected;
}

function disconnect() {
  clearTimeout(startTimer);
  ended = true;
  hideBusy();
  if ($("#alert").dataset.last === undefined) showDisconnected(true);
  $("#drop-target").hidden = true;
  for (const control of $$("#layout :is(input, select, button)")) control.disabled = true;
}

function reload() {
  fetch("page.css", {cache: "no-store"}).then(
    () => location.reload(), () => showAlert(`There is still no answer. ${DISCONNECTED}`));
}

// --- replies of the session: JSON, then arrays ---

function decode(buffer) {
  const length = new DataView(buffer).getUint32(0, true), start = 4 + length;
  const {ndarray} = Bokeh.require("core/util/ndarray");
  return JSON.parse(new TextDecoder().decode(new Uint8Array(buffer, 4, length)), (key, value) => {
    if (value?.dtype === undefined) return value;
    const {dtype, shape, offset} = value, size = shape.reduce((a, b) => a * b, 1);
    const kinds = {uint8: Uint8Array, uint16: Uint16Array, uint32: Uint32Array, float64: Float64Array};
    return ndarray(new kinds[dtype](buffer, start + offset, size), {dtype, shape});
  });
}

function receive(reply) {
  if (reply.file) return download(reply);
  if ("alert" in reply) showAlert(reply.alert);
  if (reply.alert) hideBusy();
  if (reply.last) $("#alert").dataset.last = "";
  if (reply.published_ppd) publishedPpd = reply.published_ppd;
  if (reply.controls) setControls(reply.controls);
  if ("overlay" in reply) $("#opacity").value = reply.overlay;
  if (!reply.planes) return;
  shown = reply;
  hideBusy();
  $("#name").textContent = reply.picture;
  $("#picture").value = reply.key;
  $("#status").textContent = reply.status;
  document.body.dataset.elapsedMs = reply.elapsed_ms;
  if (reply.new) fit(...reply.size);
  $("#remark").textContent = reply.remark;
  $("#code").textContent = reply.code;
  $("#command").textContent = reply.command ||
    "# The command line has published parameters, and no reduced pictures: take the Python code.";
  $("[data-copy=command]").disabled = !reply.command;
  showLesson(reply.lesson);
  setAddress();
  for (const card of $$(".card")) showPlane(card, reply.planes[card.dataset.plane]);
  if (reply.levels) $("#level").max = reply.levels;
  if (document.activeElement !== $("#level")) $("#level").value = reply.level;
  $("#level-value").textContent = `${$("#level").value}, ${reply.frequency}`;
  $("#opacity").disabled = reply.percept;
  showOverlay();
  $("#h-map").textContent = reply.percept ? "Photograph and percept" : "Photograph and saliency map";
  $("#card-map h3").textContent = reply.percept ? "As perceived" : "Map";
  for (const button of $$("[data-saliency]")) button.disabled = reply.percept;
  $("#target").hidden = !reply.target;
  showFixations(reply.fixations);
  showPath(reply.path, reply.start);
  showCrop(reply.crop, reply.size);
  showTwoTargets(reply);
  showChart(reply);
  showScores(reply);
  showValues();
  showPixelValues();
}

function showPlane(card, plane) {
  card.hidden = !plane;
  if (!plane) return;
  Object.assign(planes[card.dataset.plane] ??= {}, plane);
  if (plane.codes) paint(card.dataset.plane);
  const caption = card.querySelector("[data-caption]");
  caption.textContent = caption.title = plane.caption;
  const bar = card.querySelector("[data-bar]"), colors = data.palettes[plane.palette];
  bar.hidden = !colors;
  if (!colors) return;
  bar.querySelector("i").style.background = `linear-gradient(90deg, ${colors.filter((_, k) => k % 51 === 0)})`;
  bar.querySelector("[data-low]").textContent = format(plane.color_limits[0]);
  bar.querySelector("[data-high]").textContent = format(plane.color_limits[1]);
}

// --- the view in the address, which outlives a reload and can be shared ---

let addressTimer = null;

function currentAddress() {
  const overlay = Number($("#opacity").value);
  return [shown.address, overlay ? `overlay=${overlay}` : ""].filter(Boolean).join("&");
}

function setAddress() {  // browsers bear few changes a second
  clearTimeout(addressTimer);
  addressTimer = setTimeout(() => {
    const view = currentAddress();
    history.replaceState(null, "", location.pathname + location.search + (view && `#${view}`));
  }, 200);
}

function openAddress() {
  clearTimeout(addressTimer);
  send({view: location.hash.slice(1)});
}

function showLesson(name) {
  const lesson = data.lessons[name], panel = $("#lesson-panel");
  if (panel.dataset.lesson !== name) panel.querySelector("details").open = false;
  panel.dataset.lesson = $("#lesson").value = name;
  panel.hidden = !lesson;
  if (!lesson) return;
  $("#h-lesson").textContent = lesson.title;
  for (const part of panel.querySelectorAll("[data-part]")) part.textContent = lesson[part.dataset.part];
}

// --- texts for the clipboard ---

const COPIES = {
  link: () => {
    setAddress();
    const view = currentAddress();
    return [location.href.split("#")[0] + (view && `#${view}`),
            `Link copied${shown.missing && `, but ${shown.missing}`}.`];
  },
  numbers: () => [numbers(), "Numbers copied."],
  code: () => [shown.code, "Python code copied."],
  command: () => [shown.command, "Command line copied."],
};

function numbers() {  // a table for a spreadsheet
  const cells = [["picture", shown.picture], ["x", $("#pixel-x").value], ["y", $("#pixel-y").value]];
  for (const [title, value] of pixelValues()) cells.push([title, value]);
  const tables = [...cells, ...$$("#scores:not([hidden]) :is(thead tr, tbody tr)").map((row) =>
    [...row.cells].map((cell) => cell.firstChild?.textContent.trim() ?? ""))];
  return tables.map((row) => row.join("\t").replaceAll("\u2212", "-")).join("\n");
}

function showScores(reply) {
  const n = reply.fixations.shape[0], models = Object.entries(reply.scores);
  $("#total").textContent = n ? `${n.toLocaleString("en")} fixation${n > 1 ? "s" : ""}` : "";
  $("#undo").disabled = !reply.undo;
  $("#scores").hidden = !models.length;
  $("#hint").hidden = models.length > 0;
  $("#hint").textContent = reply.percept
    ? "This model predicts how a picture is perceived; choose a saliency model to score its map."
    : "Click on the photograph to add fixations; the map is scored against all of them.";
  $("#scores tbody").replaceChildren(...models.map(([model, scores]) =>
    tableRow(model, scores.map((score) => score.replace("-", "\u2212")))));
}

function showTwoTargets({targets, profile}) {  // of an illusion, one below the other as they look
  showTargets(targets);
  $("#two").hidden = !targets.length;
  showProfile(profile);
  $("#two tbody").replaceChildren(...targets.map(({colors}, k) => {
    const row = tableRow("AB"[k], colors.map((color) => color.join(" ")));
    colors.forEach((color, c) => {
      const patch = document.createElement("i");
      patch.style.backgroundColor = `rgb(${color})`;
      row.cells[c + 1].prepend(patch);
    });
    return row;
  }));
}

function tableRow(title, texts) {
  const row = document.createElement("tr"), header = document.createElement("th");
  header.scope = "row";
  header.textContent = title;
  row.append(header);
  for (const text of texts) row.insertCell().textContent = text;
  return row;
}

function setControls(values) {
  const has = (name) => name in values || (name === "sensitivity" && "channel" in values);
  for (const box of $$("[data-requires]")) box.hidden = !has(box.dataset.requires);
  for (const control of $$("input[data-control], select[data-control]")) {
    const value = values[control.dataset.control];
    if (value === undefined || control.dataset.control === "ppd") continue;
    control.value = value;
  }
  for (const group of $$(".radios")) {
    for (const radio of group.querySelectorAll("input")) {
      radio.checked = radio.value === String(values[group.dataset.control]);
    }
  }
  if ("ppd" in values) {
    const published = values.ppd === null;
    $("#published-ppd").checked = published;
    for (const control of $$("[data-control=ppd]")) control.value = published ? publishedPpd.toFixed(2).replace(/\.?0+$/, "") : values.ppd;
  }
  $("#again").disabled = !["density", "saccades"].includes(values.rule);
  seed = values.seed ?? seed;
  for (const name in data.choices) describeChoice(name, values[name]);
  const luminanceOnly = values.name === "otazu2008";
  for (const radio of $$("[name=channel]")) radio.disabled = luminanceOnly;
  if (luminanceOnly) $("[name=channel][value='0']").checked = true;
}

function describeChoice(name, value) {
  const {title, line, doi} = data.choices[name][value] ?? {};
  const place = $(`[data-control=${name}]`).parentElement.nextElementSibling;
  const source = document.createElement(doi ? "a" : "span");
  if (doi) Object.assign(source, {href: `https://doi.org/${doi}`, target: "_blank", rel: "noreferrer"});
  source.textContent = title ?? "";
  place.replaceChildren(source, title && line ? `: ${line}` : line ?? "");
}

function pixelValues() {
  const x = Number($("#pixel-x").value), y = Number($("#pixel-y").value);
  return $$(".card:not([hidden])").map((card) =>
    [card.querySelector("h3").textContent, valueAt(card.dataset.plane, x + .5, y + .5) || "outside"]);
}

function showPixelValues() {
  $("#pixel-values").textContent = pixelValues().map((pair) => pair.join(" ")).join(" · ");
}

// --- actions of the visitor ---

function sendPicture(file) {
  if (!file) return;
  if (file.size > data.max_bytes) {
    showAlert(`${file.name}: has ${(file.size / 1e6).toFixed(0)} MB, more than the limit of ` +
              `${data.max_bytes / 1e6} MB; shrink it, or save it as a JPEG`);
    return;
  }
  send({upload: file.name, size: file.size});
  for (let k = 0; k < file.size; k += data.piece) socket.send(file.slice(k, k + data.piece));
}

function sendFixations(file) {
  if (!file) return;
  if (file.size > 1e6) {
    showAlert(`${file.name}: has more than 1 MB; a CSV of at most 10,000 fixations was expected`);
    return;
  }
  file.text().then((csv) => send({csv, name: file.name}));
}

function setControl(name, value, source) {
  for (const twin of $$(`input[data-control="${name}"]`)) if (twin !== source) twin.value = value;
  if (name === "ppd") $("#published-ppd").checked = value === null;
  if (name === "level") $("#level-value").textContent = value;
  if (name in data.choices) describeChoice(name, value);
  if (name === "rule") $("#again").disabled = !["density", "saccades"].includes(value);
  send({set: [name, value]});
}

function listen() {
  for (const control of $$("input[data-control]")) {
    const event = control.type === "number" ? "change" : "input";
    control.addEventListener(event, () => {
      if (control.value !== "" && control.validity.valid) {
        setControl(control.dataset.control, Number(control.value), control);
      } else {
        control.reportValidity();
      }
    });
  }
  for (const control of $$("select[data-control]")) {
    control.addEventListener("change", () => setControl(control.dataset.control, control.value, control));
  }
  for (const group of $$(".radios")) {
    group.addEventListener("change", ({target}) => {
      const value = group.dataset.control === "channel" ? Number(target.value) : target.value;
      send({set: [group.dataset.control, value]});
    });
  }
  $("#published-ppd").addEventListener("change", ({target}) => {
    send({set: ["ppd", target.checked ? null : Number($("#ppd").value)]});
  });
  $("#reset").addEventListener("click", () => send({reset: true}));
  $("#picture").addEventListener("change", ({target}) => send({picture: target.value}));
  $("#file").addEventListener("change", ({target}) => { sendPicture(target.files[0]); target.value = ""; });
  $("#csv").addEventListener("change", ({target}) => { sendFixations(target.files[0]); target.value = ""; });
  $("#opacity").addEventListener("input", () => { showOverlay(); setAddress(); });
  $("#reset-zoom").addEventListener("click", () => fit(...shown.size));
  $("#lesson").addEventListener("change", ({target: {value}}) => {
    send(value === "none" ? {lesson: value} : {view: `${data.lessons[value].view}&lesson=${value}`});
  });
  for (const button of $$("[data-copy]")) {
    button.addEventListener("click", () => copy(...COPIES[button.dataset.copy]()));
  }
  window.addEventListener("hashchange", openAddress);
  $("#undo").addEventListener("click", () => send({undo: true}));
  $("#again").addEventListener("click", () => {
    seed = (seed + 1) % 10000;
    send({set: ["seed", seed]});
  });
  for (const button of $$("[data-draw]")) {
    button.addEventListener("click", () => send({draw: button.dataset.draw}));
  }
  for (const button of $$("[data-export]")) {
    button.addEventListener("click", () => send({export: button.dataset.export}));
  }
  for (const box of [$("#pixel-x"), $("#pixel-y")]) box.addEventListener("input", showPixelValues);
  $("#add").addEventListener("click", () => {
    send({fixation: [Number($("#pixel-x").value) + .5, Number($("#pixel-y").value) + .5]});
  });
  $("#controls").addEventListener("submit", (event) => event.preventDefault());
  $("#close").addEventListener("click", () => showAlert(""));
  document.addEventListener("dragover", (event) => { event.preventDefault(); $("#drop-target").hidden = ended; });
  document.addEventListener("dragleave", (event) => { if (!event.relatedTarget) $("#drop-target").hidden = true; });
  document.addEventListener("drop", (event) => {
    event.preventDefault();
    $("#drop-target").hidden = true;
    if (ended) return;
    const file = event.dataTransfer.files[0];
    if (file && /\.(csv|txt)$/i.test(file.name)) sendFixations(file);
    else sendPicture(file);
  });
}

function download({file, media_type, content}) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([content], {type: media_type}));
  link.download = file;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10000);
}

async function start() {
  arrange();
  await embedFigures((x, y) => send({fixation: [x, y]}));
  startTheme();
  listenForHelp();
  const address = new URL("ws", location.href);
  address.hash = "";
  address.protocol = address.protocol.replace("http", "ws");
  address.search = location.search;  // the token
  socket = new WebSocket(address);
  socket.binaryType = "arraybuffer";
  socket.onopen = () => {
    clearTimeout(startTimer);
    showDisconnected(false);
    listen();
    openAddress();
  };
  socket.onmessage = (event) => receive(decode(event.data));
  socket.onclose = disconnect;
}

start();
