// @ts-check
/**
 * Shows the sections of `<div data-tabs>` as tabs (the ARIA pattern, with arrow keys).
 *
 * Each is `<section data-tab="curl">` with a heading, whose text becomes the tab's. The choice
 * holds for every group of the page, and for the next visit.
 */
import { findAll, make } from "./find.js";

const KEY = "watchword:tab";
/** Where the keyboard stops in a panel; a sample gets a button to copy it. */
const STOPS = "a[href], button, input, select, textarea, summary, pre[data-copy]";
let count = 0;

/** @type {Set<(chosen: string) => void>} */
const groups = new Set();

function remembered() {
  try {
    return localStorage.getItem(KEY) ?? "";
  } catch {
    return ""; // a browser that allows no storage
  }
}

/** @param {string} chosen */
function choose(chosen) {
  try {
    localStorage.setItem(KEY, chosen);
  } catch {
    // The choice holds for this page alone.
  }
  for (const show of groups) show(chosen);
}

/** @param {HTMLElement} root */
export function makeTabs(root) {
  for (const group of findAll(root, "[data-tabs]")) makeGroup(group);
}

/** @param {HTMLElement} group */
function makeGroup(group) {
  const panels = /** @type {HTMLElement[]} */ ([...group.querySelectorAll(":scope > [data-tab]")]);
  if (panels.length < 2 || group.querySelector(":scope > [role=tablist]")) return;
  const list = make("div", { role: "tablist", "aria-label": group.dataset.tabs || "Language" });
  const tabs = panels.map(makeTab);
  list.append(...tabs);
  group.prepend(list);

  /** @param {string} chosen */
  const show = (chosen) => {
    const found = panels.findIndex((panel) => panel.dataset.tab === chosen);
    if (found < 0) return; // this group has no such tab, and stays as it is
    panels.forEach((panel, index) => {
      panel.hidden = index !== found;
      tabs[index].setAttribute("aria-selected", String(index === found));
      tabs[index].tabIndex = index === found ? 0 : -1;
    });
  };
  list.addEventListener("click", (event) => {
    const index = tabs.indexOf(/** @type {HTMLElement} */ (event.target));
    if (index >= 0) choose(panels[index].dataset.tab ?? "");
  });
  list.addEventListener("keydown", (event) => {
    const index = next(event.key, tabs.indexOf(/** @type {HTMLElement} */ (event.target)), tabs.length);
    if (index === null) return;
    event.preventDefault();
    choose(panels[index].dataset.tab ?? "");
    tabs[index].focus();
  });
  groups.add(show);
  show(panels[0].dataset.tab ?? "");
  show(remembered());
}

/**
 * @param {HTMLElement} panel
 * @returns {HTMLElement}
 */
function makeTab(panel) {
  const heading = /** @type {HTMLElement | null} */ (panel.querySelector("h1, h2, h3, h4, h5, h6"));
  panel.id ||= `tab-panel-${++count}`;
  const attributes = { type: "button", role: "tab", id: `${panel.id}-tab`, "aria-controls": panel.id };
  const tab = make("button", attributes, heading?.textContent?.trim() || panel.dataset.tab);
  if (heading) heading.hidden = true;
  panel.setAttribute("role", "tabpanel");
  panel.setAttribute("aria-labelledby", tab.id);
  // The way from the tab leads into the panel: to what is in it, else to the panel.
  if (!panel.querySelector(STOPS)) panel.tabIndex = 0;
  return tab;
}

/**
 * @param {string} key
 * @param {number} index
 * @param {number} length
 * @returns {number | null} where the key leads, if anywhere
 */
export function next(key, index, length) {
  if (key === "ArrowRight") return (index + 1) % length;
  if (key === "ArrowLeft") return (index - 1 + length) % length;
  if (key === "Home") return 0;
  if (key === "End") return length - 1;
  return null;
}
