// The page's side of the explorer: controls tell the server what is wanted, texts of the
// server are shown, and the value of every picture is read under the pointer.
"use strict";

const explorer = (() => {
  const $ = (selector) => document.querySelector(selector);
  const $$ = (selector) => [...document.querySelectorAll(selector)];
  const planes = {};  // what the server sent of them, by name
  let page = null, ended = false, count = 0, waiting = null;

  function ask(message) {
    if (!page || ended) return;
    page.asked.text = JSON.stringify({...message, count: ++count});
    if ("save" in message || "start" in message) return;
    clearTimeout(waiting);
    waiting = setTimeout(() => { $("#busy").hidden = false; }, 250);
  }

  function done() {
    clearTimeout(waiting);
    $("#busy").hidden = true;
  }

  function alarm(text) {
    $("#alert span").textContent = text || "";
    $("#alert").hidden = !text;
  }

  // --- a server that is no more ---

  const GONE = "The explorer has ended or cannot be reached. Nothing that you saved is lost: " +
    "start psysal explore again, then load this page again.";

  const late = setTimeout(() => gone(true), 30000);  // of a server that never answers

  function gone(is) {
    alarm(is ? GONE : "");
    $("#again").hidden = !is;
    $("#again").onclick = again;
    $("#close").hidden = is;
  }

  function lost() {
    ended = true;
    done();
    gone(true);
    $("#dropping").hidden = true;
    for (const control of $$("#layout :is(input, select, button)")) control.disabled = true;
  }

  function again() {
    fetch("favicon.ico", {cache: "no-store"}).then(
      () => location.reload(), () => alarm(`It is not there yet. ${GONE}`));
  }

  // --- what the server tells ---

  function heard(news) {
    if (news.file) return give(news);
    if ("alert" in news) alarm(news.alert);
    if (news.alert) done();
    if (news.controls) put(news.controls);
    if (!news.planes) return;
    done();
    $("#name").textContent = news.picture;
    $("#picture").value = news.key;
    $("#status").textContent = news.status;
    document.body.dataset.took = news.took;
    document.body.style.setProperty("--aspect", news.aspect);
    $("#remark").textContent = news.remark;
    $("#code").textContent = news.code;
    for (const card of $$(".card")) show(card, news.planes[card.dataset.plane]);
    if (news.levels) $("#level").max = news.levels;
    if (document.activeElement !== $("#level")) $("#level").value = news.level;
    $("#level-value").textContent = `${$("#level").value}, ${news.frequency}`;
    $("#opacity").disabled = news.percept;
    veil();
    $("#h-map").textContent = news.percept ? "What is there, and how it looks" : "What is there, and what stands out";
    $("#card-map h3").textContent = news.percept ? "As it looks" : "Map";
    for (const button of $$("[data-saliency]")) button.disabled = news.percept;
    $("#target").hidden = !news.target;
    score(news);
    probe();
  }

  function show(card, plane) {
    card.hidden = !plane;
    if (!plane) return;
    Object.assign(planes[card.dataset.plane] ??= {}, plane);
    if (plane.codes) paint(card.dataset.plane);
    const note = card.querySelector("[data-note]");
    note.textContent = note.title = plane.note;
    const bar = card.querySelector("[data-bar]"), colors = explorerBars[plane.look];
    bar.hidden = !colors;
    if (!colors) return;
    bar.querySelector("i").style.background = `linear-gradient(90deg, ${colors.join(",")})`;
    bar.querySelector("[data-low]").textContent = number(plane.limits[0]);
    bar.querySelector("[data-high]").textContent = number(plane.limits[1]);
  }

  function score(news) {
    const n = news.fixations, [heads, values, chances] = $$("#scores tr");
    $("#count").textContent = n ? `${n.toLocaleString("en")} fixation${n > 1 ? "s" : ""}` : "";
    $("#scores").hidden = !news.scores.length;
    $("#hint").hidden = news.scores.length > 0;
    $("#hint").textContent = news.percept
      ? "This model shows how a picture looks; choose a model of saliency to score its map."
      : "Press on the photograph to add a fixation; the map is scored against all of them.";
    for (const row of [heads, values, chances]) row.replaceChildren();
    for (const [name, value, chance] of news.scores) {
      const head = document.createElement("th");
      head.scope = "col";
      head.textContent = name;
      heads.append(head);
      values.insertCell().textContent = value.replace("-", "\u2212");
      chances.insertCell().textContent = chance === null ? "" : `chance ${chance}`;
    }
  }

  function put(values) {
    const has = (name) => name in values || (name === "sensitivity" && "channel" in values);
    for (const box of $$("[data-needs]")) box.hidden = !has(box.dataset.needs);
    for (const control of $$("input[data-set], select[data-set]")) {
      const value = values[control.dataset.set];
      if (value === undefined || control.dataset.set === "ppd") continue;
      control.value = value;
    }
    for (const group of $$(".radios")) {
      for (const radio of group.querySelectorAll("input")) {
        radio.checked = radio.value === String(values[group.dataset.set]);
      }
    }
    if ("ppd" in values) {
      const tuned = values.ppd === null;
      $("#tuned").checked = tuned;
      for (const control of $$("[data-set=ppd]")) control.value = tuned ? 32 : values.ppd;
    }
    const grey = values.name === "otazu2008";
    for (const radio of $$("[name=channel]")) radio.disabled = grey;
    if (grey) $("[name=channel][value='0']").checked = true;
  }

  // --- values under the pointer ---

  const number = (v) => {
    const size = Math.abs(v);
    const text = size && (size < 1e-3 || size >= 1e5) ? v.toExponential(2) : String(Number(v.toPrecision(4)));
    return text.replace("-", "\u2212");
  };

  function valueAt(name, x, y) {
    if (!planes[name]) return "";
    const {codes, step, limits: [low, high]} = planes[name], [rows, cols] = codes.shape;
    const row = Math.floor(y / step), col = Math.floor(x / step);
    if (row < 0 || col < 0 || row >= rows || col >= cols) return "";
    const code = codes[row * cols + col];
    if (codes instanceof Uint32Array) return [code & 255, code >> 8 & 255, code >> 16 & 255].join(" ");
    const digits = Math.ceil(Math.log10(65535 / (high - low)));  // that a code can tell apart
    return number(Number((low + code / 65535 * (high - low)).toFixed(Math.max(0, digits))));
  }

  // --- pictures: codes of 16 bits become colors here, so that little is sent ---

  function paint(name) {
    const {codes, step, look} = planes[name], [rows, cols] = codes.shape;
    let colors = codes;
    if (!(codes instanceof Uint32Array)) {
      const table = page.tables.data[look][0];
      colors = new table.constructor(codes.length, codes.shape);
      for (let i = 0; i < codes.length; i++) colors[i] = table[codes[i] >> 8];
    }
    const data = {colors: [colors], dw: [cols * step], dh: [rows * step]};
    page.drawn[name].setv({data}, {sync: false});
    if (name === "map") cover();
  }

  function veil() {  // the map on the photograph; how a picture looks is no map
    const {value, disabled} = $("#opacity");
    page.over.glyph.global_alpha = Number(value);
    page.over.visible = value > 0 && !disabled;
    cover();
  }

  function cover() {
    if (page.over.visible) page.drawn.over.setv({data: page.drawn.map.data}, {sync: false});
  }

  function readout(x, y) {
    for (const card of $$(".card:not([hidden])")) {
      card.querySelector("[data-value]").textContent = valueAt(card.dataset.plane, x, y);
    }
  }

  let next = null;
  function hover(x, y) {
    if (!next) requestAnimationFrame(() => { readout(...next); next = null; });
    next = [x, y];
  }

  function leave() {
    for (const value of $$("[data-value]")) value.textContent = "";
  }

  function probe() {
    const x = Number($("#probe-x").value), y = Number($("#probe-y").value);
    const values = $$(".card:not([hidden])").map((card) =>
      `${card.querySelector("h3").textContent} ${valueAt(card.dataset.plane, x + .5, y + .5) || "outside"}`);
    $("#probe").textContent = values.join(" · ");
  }

  // --- what people do ---

  function base64(file, then) {
    const reader = new FileReader();
    reader.onload = () => then(reader.result.slice(reader.result.indexOf(",") + 1));
    reader.onerror = () => alarm(`${file.name}: could not be read by the browser`);
    reader.readAsDataURL(file);
  }

  function upload(file) {
    if (!file) return;
    if (file.size > explorerMost) {
      alarm(`${file.name}: has ${(file.size / 1e6).toFixed(0)} MB, more than the limit of ` +
            `${explorerMost / 1e6} MB; shrink it, or save it as a JPEG`);
      return;
    }
    base64(file, (data) => ask({upload: file.name, data}));
  }

  function fixations(file) {
    if (!file) return;
    if (file.size > 1e6) {
      alarm(`${file.name}: has more than 1 MB; a CSV of at most 10,000 fixations was expected`);
      return;
    }
    file.text().then((csv) => ask({csv, name: file.name}));
  }

  function set(name, value, from) {
    for (const twin of $$(`input[data-set="${name}"]`)) if (twin !== from) twin.value = value;
    if (name === "ppd") $("#tuned").checked = value === null;
    if (name === "level") $("#level-value").textContent = value;
    ask({set: [name, value]});
  }

  function listen() {
    for (const control of $$("input[data-set]")) {
      const heard = control.type === "number" ? "change" : "input";
      control.addEventListener(heard, () => {
        if (control.value !== "" && control.validity.valid) {
          set(control.dataset.set, Number(control.value), control);
        } else {
          control.reportValidity();
        }
      });
    }
    for (const control of $$("select[data-set]")) {
      control.addEventListener("change", () => set(control.dataset.set, control.value, control));
    }
    for (const group of $$(".radios")) {
      group.addEventListener("change", ({target}) => {
        const value = group.dataset.set === "channel" ? Number(target.value) : target.value;
        ask({set: [group.dataset.set, value]});
      });
    }
    $("#tuned").addEventListener("change", ({target}) => {
      ask({set: ["ppd", target.checked ? null : Number($("#ppd").value)]});
    });
    $("#published").addEventListener("click", () => ask({published: true}));
    $("#picture").addEventListener("change", ({target}) => ask({picture: target.value}));
    $("#file").addEventListener("change", ({target}) => { upload(target.files[0]); target.value = ""; });
    $("#csv").addEventListener("change", ({target}) => { fixations(target.files[0]); target.value = ""; });
    $("#opacity").addEventListener("input", veil);
    $("#whole").addEventListener("click", () => {
      for (const range of [page.x, page.y]) range.reset();
    });
    for (const button of $$("[data-simulate]")) {
      button.addEventListener("click", () => ask({simulate: button.dataset.simulate}));
    }
    for (const button of $$("[data-save]")) {
      button.addEventListener("click", () => ask({save: button.dataset.save}));
    }
    for (const box of [$("#probe-x"), $("#probe-y")]) box.addEventListener("input", probe);
    $("#add").addEventListener("click", () => {
      ask({click: [Number($("#probe-x").value) + .5, Number($("#probe-y").value) + .5]});
    });
    $("#close").addEventListener("click", () => alarm(""));
    document.addEventListener("dragover", (event) => { event.preventDefault(); $("#dropping").hidden = ended; });
    document.addEventListener("dragleave", (event) => { if (!event.relatedTarget) $("#dropping").hidden = true; });
    document.addEventListener("drop", (event) => {
      event.preventDefault();
      $("#dropping").hidden = true;
      if (ended) return;
      const file = event.dataTransfer.files[0];
      if (file && /\.(csv|txt)$/i.test(file.name)) fixations(file);
      else upload(file);
    });
  }

  function give({file, kind, data}) {
    const link = document.createElement("a");
    link.href = URL.createObjectURL(new Blob([data], {type: kind}));
    link.download = file;
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 10000);
  }

  function start(models) {
    clearTimeout(late);
    if (!ended) gone(false);
    page = models;
    page.asked.document.on_message("news", heard);
    listen();
    ask({start: true});
  }

  return {ask, hover, leave, lost, start};
})();
