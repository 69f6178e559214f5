// @ts-check
/**
 * Narrows a data dictionary while one types into `<input data-find="#types">`: those rows stay
 * that hold every word, in themselves or in the heading of their section.
 */
import { findAll } from "./find.js";

/** @param {HTMLElement} root */
export function offerFind(root) {
  for (const input of findAll(root, "input[data-find]")) {
    const found = document.querySelector(input.dataset.find ?? "");
    if (found) follow(/** @type {HTMLInputElement} */ (input), /** @type {HTMLElement} */ (found));
  }
}

/**
 * @param {HTMLInputElement} input
 * @param {HTMLElement} dictionary
 */
function follow(input, dictionary) {
  const sections = [...dictionary.querySelectorAll("section")].map((section) => ({
    section,
    name: textOf(section.querySelector("h1, h2, h3, h4")),
    rows: [...section.querySelectorAll("tbody tr")].map((row) => ({ row, text: textOf(row) })),
  }));
  const said = input.closest("form")?.querySelector("[role=status]");
  const narrow = () => {
    const words = input.value.toLowerCase().split(/\s+/).filter(Boolean);
    let types = 0;
    for (const { section, name, rows } of sections) {
      let shown = 0;
      for (const { row, text } of rows) {
        const stays = holds(`${name} ${text}`, words);
        /** @type {HTMLElement} */ (row).hidden = !stays;
        shown += Number(stays);
      }
      section.hidden = !shown && !holds(name, words);
      types += Number(!section.hidden);
    }
    if (said) said.textContent = words.length ? `${types} of ${sections.length} types` : "";
  };
  input.addEventListener("input", narrow);
  const form = input.closest("form");
  form?.addEventListener("submit", (event) => event.preventDefault());
  // Shown by this script alone: without it the box would do nothing.
  if (form) form.hidden = false;
  narrow();
}

/** @param {Element | null} element */
function textOf(element) {
  return element?.textContent?.toLowerCase() ?? "";
}

/**
 * @param {string} text
 * @param {string[]} words
 */
export function holds(text, words) {
  return words.every((word) => text.includes(word));
}
