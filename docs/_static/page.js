// What a keyboard and a screen reader need beside Furo's own.
document.addEventListener("DOMContentLoaded", () => {
  for (const box of document.querySelectorAll("pre, .table-wrapper, article table, .formula")) box.tabIndex = 0;
  for (const caption of document.querySelectorAll("p.caption[role=heading]")) caption.ariaLevel = 2;
  for (const corner of document.querySelectorAll("article th")) {  // a head of nothing is none
    if (!corner.textContent.trim()) corner.replaceWith(document.createElement("td"));
  }
  document.querySelector(".sidebar-drawer")?.setAttribute("aria-label", "All pages");
  document.querySelector(".toc-drawer")?.setAttribute("aria-label", "On this page");
});
