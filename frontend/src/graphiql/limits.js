// @ts-check
/** Reads what an answer says of the usage plan (the RateLimit fields of the IETF's draft). */

/**
 * @typedef {object} Limit
 * @property {number | null} left
 * @property {number | null} most
 * @property {number | null} seconds until it is full again
 */

const ITEM = /\s*"([^"]*)"((?:\s*;\s*[a-z]+=\d+)*)\s*(?:,|$)/y;
const PARAMETER = /([a-z]+)=(\d+)/g;

/**
 * Read a list of names with whole numbers: `"burst";r=2;t=1, "daily";r=98;t=30011`.
 * @param {string | null} field
 * @returns {Record<string, Record<string, number>>} what could be read; nothing of a field that is malformed
 */
export function readList(field) {
  /** @type {Record<string, Record<string, number>>} */
  const items = {};
  const value = field ?? "";
  ITEM.lastIndex = 0;
  while (ITEM.lastIndex < value.length) {
    const item = ITEM.exec(value);
    if (!item) return {};
    items[item[1]] = Object.fromEntries(
      [...item[2].matchAll(PARAMETER)].map(([, name, digits]) => [name, Number(digits)]),
    );
  }
  return items;
}

/**
 * Read both fields of an answer.
 * @param {string | null} rateLimit
 * @param {string | null} policy
 * @returns {Record<string, Limit>} by the names of the limits, as "burst" and "daily"
 */
export function readLimits(rateLimit, policy) {
  const most = readList(policy);
  return Object.fromEntries(
    Object.entries(readList(rateLimit)).map(([name, { r, t }]) => [
      name,
      { left: r ?? null, most: most[name]?.q ?? null, seconds: t ?? null },
    ]),
  );
}

/**
 * Say a time to wait in the largest two units: "8 h 20 min", "45 s".
 * @param {number} seconds
 */
export function sayWait(seconds) {
  if (seconds < 60) return `${seconds} s`;
  const minutes = Math.ceil(seconds / 60);
  const hours = Math.floor(minutes / 60);
  if (hours === 0) return `${minutes} min`;
  return minutes % 60 ? `${hours} h ${minutes % 60} min` : `${hours} h`;
}
