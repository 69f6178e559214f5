// @ts-check
/**
 * Find the elements of a part of a page, the part itself among them.
 * @template {HTMLElement} [T=HTMLElement]
 * @param {HTMLElement} root
 * @param {string} selector
 * @returns {T[]}
 */
export function findAll(root, selector) {
  const found = /** @type {T[]} */ ([...root.querySelectorAll(selector)]);
  return root.matches(selector) ? [/** @type {T} */ (root), ...found] : found;
}

/**
 * @param {string} name
 * @param {Record<string, string>} [attributes]
 * @param {string} [text]
 */
export function make(name, attributes = {}, text = "") {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  element.textContent = text;
  return element;
}
