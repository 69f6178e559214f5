// @ts-check
/**
 * @typedef {object} Usage
 * @property {string[]} days
 * @property {{label: string, values: number[]}[]} series
 * @property {number | null} quota a day
 */

/**
 * Add each series to those below it: the last holds the totals.
 * @param {{values: number[]}[]} series
 * @returns {number[][]}
 */
export function stack(series) {
  /** @type {number[][]} */
  const sums = [];
  for (const { values } of series) {
    const below = sums.at(-1);
    sums.push(values.map((value, day) => value + (below?.[day] ?? 0)));
  }
  return sums;
}

/**
 * Tell whether a line at the quota fits above the bars without making them invisible.
 * @param {Usage} usage
 */
export function showsQuota({ series, quota }) {
  const most = Math.max(1, ...(stack(series).at(-1) ?? []));
  return quota !== null && quota <= most * 5;
}

const DAY = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "short", timeZone: "UTC" });

/** @param {string} day as 2026-11-01 */
export const sayDay = (day) => DAY.format(new Date(`${day}T00:00:00Z`));
