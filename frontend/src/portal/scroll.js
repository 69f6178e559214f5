// @ts-check
/**
 * Makes what scrolls to the side, tables and samples, a stop of the keyboard with a name: while it
 * does scroll. What fits is none: there is nothing to do there.
 */
import { findAll } from "./find.js";

const HEADINGS = "h1, h2, h3, h4, h5, h6";

/** @param {HTMLElement} root */
export function nameScrolling(root) {
  for (const box of findAll(root, ".scroll, pre[data-copy]")) resized.observe(box);
}

const resized = new ResizeObserver((entries) => {
  for (const { target } of entries) mark(/** @type {HTMLElement} */ (target));
});

/** @param {HTMLElement} box */
function mark(box) {
  if (box.scrollWidth > box.clientWidth) {
    box.tabIndex = 0;
    box.setAttribute("role", "region");
    box.setAttribute("aria-label", nameOf(box));
    return;
  }
  for (const name of ["tabindex", "role", "aria-label"]) box.removeAttribute(name);
}

/** @param {HTMLElement} box */
function nameOf(box) {
  const caption = box.querySelector("caption")?.textContent?.trim();
  if (caption) return caption;
  const kind = box.matches("pre") ? "Sample" : "Table";
  const before = [...document.querySelectorAll(HEADINGS)].filter(
    (heading) => heading.compareDocumentPosition(box) & Node.DOCUMENT_POSITION_FOLLOWING,
  );
  const heading = before.at(-1)?.textContent?.trim();
  return heading ? `${kind}: ${heading}` : kind;
}
