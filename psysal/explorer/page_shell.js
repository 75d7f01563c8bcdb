// Around the figures: colors of the page, its order on a narrow screen, explanations, the clipboard.

import {$, $$, recolor} from "./page_figures.js";

// --- dark or light: as the system is set, until the visitor says otherwise ---

const system = matchMedia("(prefers-color-scheme: dark)");

const isDark = () => (document.documentElement.dataset.theme ?? (system.matches ? "dark" : "light")) === "dark";

function showTheme() {
  $("#theme").textContent = isDark() ? "Light colors" : "Dark colors";
  recolor();
}

export function startTheme() {
  const chosen = localStorage.getItem("psysal-theme");
  if (["dark", "light"].includes(chosen)) document.documentElement.dataset.theme = chosen;
  system.addEventListener("change", showTheme);
  $("#theme").addEventListener("click", () => {
    const theme = isDark() ? "light" : "dark";
    document.documentElement.dataset.theme = theme;
    localStorage.setItem("psysal-theme", theme);
    showTheme();
  });
  showTheme();
}

// --- pictures first where controls and pictures are below one another ---

const narrow = matchMedia("(max-width: 800px)");

export function arrange() {
  if (narrow.matches) $("#two").after($("#controls"));
  else $("#layout").prepend($("#controls"));
}

narrow.addEventListener("change", arrange);

// --- explanations stand beside the button that opens them ---

export function listenForHelp() {
  for (const button of $$("[popovertarget]")) {
    button.addEventListener("click", () => {
      const box = document.getElementById(button.getAttribute("popovertarget"));
      const {left, bottom, top} = button.getBoundingClientRect(), {offsetWidth, offsetHeight} = box;
      const above = bottom + offsetHeight + 12 > innerHeight && top > offsetHeight;
      box.style.left = `${Math.max(8, Math.min(left - 12, innerWidth - offsetWidth - 8))}px`;
      box.style.top = `${above ? top - offsetHeight - 6 : bottom + 6}px`;
    });
  }
}

// --- the clipboard, also where the page has no certificate ---

export async function copy(text, what) {
  let copied = true;
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    const box = document.createElement("textarea");
    box.value = text;
    document.body.append(box);
    box.select();
    copied = document.execCommand("copy");
    box.remove();
  }
  const told = $("#copied");
  told.textContent = copied ? what : "The browser does not let this page copy; select the text instead.";
  told.classList.add("seen");
  clearTimeout(told.timer);
  told.timer = setTimeout(() => { told.textContent = ""; told.classList.remove("seen"); }, 5000);
}
