// Without a mouse, one can scroll only what can take the focus. The theme sees to code; formulas and
// tables are the course's. Nothing else may take it, or the tab key would stop at every formula.
const letScrollersTakeFocus = () => {
  for (const box of document.querySelectorAll(".formula, .pst-scrollable-table-container")) {
    if (box.scrollWidth > box.clientWidth) box.tabIndex = 0;
    else box.removeAttribute("tabindex");
  }
};
addEventListener("load", letScrollersTakeFocus);
addEventListener("resize", letScrollersTakeFocus);

// In "on this page", mark the last section that begins in the upper part of the window. At the end
// of the page the last ones cannot get there, and all of the window counts.
const links = [...document.querySelectorAll(".bd-toc-nav a.nav-link")];
const sectionOf = (link) => document.getElementById(decodeURIComponent(link.hash.slice(1)));
const markWhereOneIs = () => {
  const page = document.documentElement;
  const atTheEnd = page.scrollTop + innerHeight > page.scrollHeight - 2;
  const line = (atTheEnd ? 1 : 0.4) * innerHeight;
  const begun = links.filter((a) => sectionOf(a)?.getBoundingClientRect().top < line);
  for (const link of links) {
    const here = link === begun.at(-1);
    link.classList.toggle("active", here);
    link.parentElement.classList.toggle("active", here);
  }
};
addEventListener("load", markWhereOneIs);
addEventListener("scroll", () => requestAnimationFrame(markWhereOneIs), { passive: true });

// A menu opens by itself; it closes when one turns to something else.
for (const menu of document.querySelectorAll("details.menu")) {
  const close = () => menu.removeAttribute("open");
  addEventListener("click", (event) => menu.contains(event.target) || close());
  menu.addEventListener("focusout", (event) => menu.contains(event.relatedTarget) || close());
  menu.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || !menu.open) return;
    close();
    menu.querySelector("summary").focus();
  });
}
