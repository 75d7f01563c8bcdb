// The browser's side of the explorer: controls send messages to the session, its replies are
// shown, and the value under the pointer is read from every plane.
"use strict";

{
  const $ = (selector) => document.querySelector(selector);
  const $$ = (selector) => [...document.querySelectorAll(selector)];
  const data = JSON.parse($("#page-data").textContent);
  const planes = {};  // the newest of the session's replies about each, by name
  const tables = {};  // colors of every palette as numbers whose bytes are RGBA
  let socket = null, named = null, ended = false, busyTimer = null, publishedPpd = 32;

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
    if (!reply.planes) return;
    hideBusy();
    $("#name").textContent = reply.picture;
    $("#picture").value = reply.key;
    $("#status").textContent = reply.status;
    document.body.dataset.elapsedMs = reply.elapsed_ms;
    if (reply.new) fit(...reply.size);
    $("#remark").textContent = reply.remark;
    $("#code").textContent = reply.code;
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
    showChart(reply);
    showScores(reply);
    showValues();
    showPixelValues();
  }

  function fit(cols, rows) {
    document.body.style.setProperty("--aspect", cols / rows);
    named.x.setv({bounds: [0, cols], start: 0, end: cols, reset_start: 0, reset_end: cols});
    named.y.setv({bounds: [0, rows], start: rows, end: 0, reset_start: rows, reset_end: 0});
    for (const plane in data.titles) named[plane].aspect_ratio = cols / rows;
  }

  function showFixations(fixations) {
    const column = (c) => Array.from({length: fixations.shape[0]}, (_, k) => fixations[2 * k + c]);
    named.fixations.data = {x: column(0), y: column(1)};
  }

  function showPath(path, start) {
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

  function showChart({chart, level}) {
    if (!chart) return;
    const {curves, levels, frequencies} = chart, n = levels.shape[1];
    const absent = curves.level.map(() => NaN);
    named.curves.data = Object.fromEntries(data.curves.map((name) => [name, curves[name] ?? absent]));
    const all = Array.from({length: n}, (_, k) => k + 1);
    named.levels.data = {
      x: levels.slice(0, n), y: levels.slice(n), text: all.map(String),
      width: all.map((k) => k === level ? 3 : 1),
    };
    named.frequencies.major_label_overrides = new Map(frequencies.map((text, k) => [k + 1, text]));
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

  function showScores(reply) {
    const n = reply.fixations.shape[0], models = Object.entries(reply.scores);
    $("#count").textContent = n ? `${n.toLocaleString("en")} fixation${n > 1 ? "s" : ""}` : "";
    $("#undo").disabled = !reply.undo;
    $("#scores").hidden = !models.length;
    $("#hint").hidden = models.length > 0;
    $("#hint").textContent = reply.percept
      ? "This model predicts how a picture is perceived; choose a saliency model to score its map."
      : "Click on the photograph to add fixations; the map is scored against all of them.";
    $("#scores tbody").replaceChildren(...models.map(([model, scores]) =>
      tableRow(model, scores.map((score) => score.replace("-", "\u2212")))));
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

  // --- values under the pointer ---

  const format = (value) => {
    const size = Math.abs(value), exponential = size && (size < 1e-3 || size >= 1e5);
    const text = exponential ? value.toExponential(2) : String(Number(value.toPrecision(4)));
    return text.replace("-", "\u2212");
  };

  function valueAt(name, x, y) {
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

  function paint(name) {
    const {codes, step, palette, limits, color_limits: [low, high]} = planes[name];
    const [rows, cols] = codes.shape, span = 255.99 / (high - low);
    const first = (limits[0] - low) * span, slope = (limits[1] - limits[0]) / 65535 * span;
    let colors = codes;
    if (!(codes instanceof Uint32Array)) {
      const table = tables[palette], {ndarray} = Bokeh.require("core/util/ndarray");
      colors = ndarray(new Uint32Array(codes.length), {dtype: "uint32", shape: codes.shape});
      for (let i = 0; i < codes.length; i++) {
        colors[i] = table[Math.max(0, Math.min(255, first + slope * codes[i])) | 0];
      }
    }
    named[`${name} source`].data = {colors: [colors], dw: [cols * step], dh: [rows * step]};
    if (name === "map") updateOverlay();
  }

  function showOverlay() {  // of a saliency map only: a percept would hide the photograph
    const {value, disabled} = $("#opacity");
    named["overlay image"].glyph.global_alpha = Number(value);
    named["overlay image"].visible = value > 0 && !disabled;
    updateOverlay();
  }

  function updateOverlay() {
    if (named["overlay image"].visible) named["overlay source"].data = named["map source"].data;
  }

  let pointer = null, valuesDue = false;  // x, y; it may rest while the planes change

  function showValues() {
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

  function showPixelValues() {
    const x = Number($("#pixel-x").value), y = Number($("#pixel-y").value);
    const values = $$(".card:not([hidden])").map((card) =>
      `${card.querySelector("h3").textContent} ${valueAt(card.dataset.plane, x + .5, y + .5) || "outside"}`);
    $("#pixel-values").textContent = values.join(" · ");
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
    $("#opacity").addEventListener("input", showOverlay);
    $("#reset-zoom").addEventListener("click", () => {
      for (const range of [named.x, named.y]) range.reset();
    });
    $("#undo").addEventListener("click", () => send({undo: true}));
    $("#again").addEventListener("click", () => {
      setControl("seed", (Number($("[data-control=seed]").value) + 1) % 10000);
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
    for (const [name, chance] of data.metrics) {
      const title = document.createElement("th"), note = $("#scores .chance").insertCell();
      title.scope = "col";
      title.textContent = name;
      $("#scores thead tr").append(title);
      note.textContent = chance === null ? "" : `chance ${chance}`;
    }
    for (const [name, colors] of Object.entries(data.palettes)) {
      const bytes = colors.flatMap((c) => [1, 3, 5].map((k) => parseInt(c.slice(k, k + 2), 16)).concat(255));
      tables[name] = new Uint32Array(Uint8Array.from(bytes).buffer);
    }
    const places = {chart: $("#chart")};
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
      if (name === "photograph") plane.on_event("tap", ({x, y}) => send({fixation: [x, y]}));
      page.event_manager.subscribed_models.add(plane);
    }
    const address = new URL("ws", location.href);
    address.protocol = address.protocol.replace("http", "ws");
    address.search = location.search;  // the token
    socket = new WebSocket(address);
    socket.binaryType = "arraybuffer";
    socket.onopen = () => {
      clearTimeout(startTimer);
      showDisconnected(false);
      listen();
    };
    socket.onmessage = (event) => receive(decode(event.data));
    socket.onclose = disconnect;
  }

  start();
}
