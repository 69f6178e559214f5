// @ts-check
/** What the server says on the page: which service, whose session, what is left of the plan. */

const place = /** @type {HTMLElement} */ (document.getElementById("graphiql"));

/** @param {string} name */
const text = (name) => place.dataset[name] ?? "";

/** @param {string} name */
const number = (name) => (place.dataset[name] ? Number(place.dataset[name]) : null);

export const page = Object.freeze({
  place,
  service: text("service"),
  title: text("title"),
  endpoint: text("endpoint"),
  user: text("user"),
  csrf: text("csrf"),
  query: place.dataset.query || undefined,
  quota: number("quota"),
  quotaLimit: number("quotaLimit"),
  schemaUrl: text("schemaUrl"),
  callUrl: text("callUrl"),
  tokenUrl: text("tokenUrl"),
  keyHint: text("keyHint"),
  portal: text("portal") || "/",
  brand: text("brand"),
  logo: text("logo"),
});
