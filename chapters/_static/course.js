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
