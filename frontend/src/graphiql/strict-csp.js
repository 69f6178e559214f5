// @ts-check
/**
 * Lets the editor live under a policy that refuses inline styles (`style-src 'self'`).
 *
 * Monaco and the dialogs of GraphiQL write `<style>` elements, and HTML with `style` attributes.
 * Both are refused without 'unsafe-inline'; what scripts set through the object model is not.
 * So a style element becomes one that fills a constructed style sheet, and a style attribute
 * in HTML text is set by `element.style`. To be imported before anything that writes styles.
 */

/** Stands in for `<style>`: its text goes into a style sheet that its root adopts. */
class AdoptedStyle extends HTMLElement {
  sheet = new CSSStyleSheet();
  #text = "";
  /** @type {Document | ShadowRoot | null} */
  #root = null;

  connectedCallback() {
    const root = this.getRootNode();
    if (!(root instanceof Document || root instanceof ShadowRoot)) return;
    this.#root = root;
    root.adoptedStyleSheets = [...root.adoptedStyleSheets, this.sheet];
  }

  disconnectedCallback() {
    if (!this.#root) return;
    this.#root.adoptedStyleSheets = this.#root.adoptedStyleSheets.filter((s) => s !== this.sheet);
    this.#root = null;
  }

  get textContent() {
    return this.#text;
  }

  set textContent(text) {
    this.#text = text ?? "";
    this.sheet.replaceSync(this.#text);
  }

  get innerText() {
    return this.#text;
  }

  set innerText(text) {
    this.textContent = text;
  }

  get innerHTML() {
    return this.#text;
  }

  set innerHTML(text) {
    this.textContent = text;
  }

  /**
   * Text is taken over and not shown: unlike a style element, this one is no stranger to layout.
   * @template {Node} T
   * @param {T} node
   */
  appendChild(node) {
    this.textContent = this.#text + (node.textContent ?? "");
    return node;
  }
}

customElements.define("adopted-style", AdoptedStyle);

const createElement = Document.prototype.createElement;
/** @type {any} */ (Document.prototype).createElement = function create(
  /** @type {string} */ name,
  /** @type {ElementCreationOptions | undefined} */ options,
) {
  const stand = String(name).toLowerCase() === "style" ? "adopted-style" : name;
  return createElement.call(this, stand, options);
};

const TAG = /<[a-z](?:"[^"]*"|'[^']*'|[^"'>])*>/gi;
const QUOTED_OR_STYLE = /("[^"]*"|'[^']*')|\sstyle(?=\s*=)/gi;
const SET_ASIDE = "data-set-aside-style";

/**
 * Rename the style attributes of HTML text, and nothing that only looks like one.
 * @param {string} html
 */
const setAside = (html) =>
  html.replace(TAG, (tag) =>
    tag.replace(QUOTED_OR_STYLE, (_all, quoted) => quoted ?? ` ${SET_ASIDE}`),
  );

/**
 * Set the styles that were set aside. At once: the editor measures what it has just written.
 * @param {ParentNode | null} root
 */
function applyStyles(root) {
  for (const element of root?.querySelectorAll(`[${SET_ASIDE}]`) ?? []) {
    /** @type {HTMLElement} */ (element).style.cssText = element.getAttribute(SET_ASIDE) ?? "";
    element.removeAttribute(SET_ASIDE);
  }
}

const innerHTML = /** @type {Required<PropertyDescriptor>} */ (
  Object.getOwnPropertyDescriptor(Element.prototype, "innerHTML")
);

Object.defineProperty(Element.prototype, "innerHTML", {
  ...innerHTML,
  set(html) {
    innerHTML.set.call(this, setAside(String(html ?? "")));
    applyStyles(this);
  },
});

const insertAdjacentHTML = Element.prototype.insertAdjacentHTML;
Element.prototype.insertAdjacentHTML = function insert(position, html) {
  insertAdjacentHTML.call(this, position, setAside(String(html)));
  applyStyles(this.parentNode ?? this);
};
