// @ts-check
/** One chart of uPlot: bars of each day, stacked, and the quota as a line. */
import uPlot from "uplot";
import "uplot/dist/uPlot.min.css";
import { make } from "./find.js";
import { sayDay, showsQuota, stack } from "./stacking.js";

/** @typedef {import("./stacking.js").Usage} Usage */

const HEIGHT = 240;
const COLOURS = 6;
const number = new Intl.NumberFormat("en");

/**
 * @param {HTMLElement} place
 * @param {Usage} usage
 */
export function makeChart(place, usage) {
  const title = place.dataset.chartTitle ?? "";
  const frame = make("div", { class: "plot", role: "img", "aria-label": `Chart: ${title}` });
  place.prepend(frame);
  /** @type {uPlot | null} */
  let plot = null;
  const draw = () => {
    plot?.destroy();
    plot = new uPlot(options(place, usage, frame.clientWidth), columns(usage), frame);
  };
  new ResizeObserver(() => {
    if (plot && frame.clientWidth) plot.setSize({ width: frame.clientWidth, height: HEIGHT });
  }).observe(frame);
  // The canvas takes its colours when it is drawn.
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", draw);
  draw();
}

/**
 * Highest sums first: each is drawn over by the next lower one.
 * @param {Usage} usage
 */
function columns(usage) {
  const days = usage.days.map((_day, index) => index);
  const quota = showsQuota(usage) ? [days.map(() => usage.quota)] : [];
  return /** @type {uPlot.AlignedData} */ ([days, ...stack(usage.series).reverse(), ...quota]);
}

/**
 * @param {HTMLElement} place
 * @param {Usage} usage
 * @param {number} width
 * @returns {uPlot.Options}
 */
function options(place, usage, width) {
  const style = getComputedStyle(place);
  const colour = (/** @type {string} */ name) => style.getPropertyValue(name).trim();
  const axis = {
    stroke: colour("--chart-text"),
    font: `12px ${style.fontFamily}`,
    grid: { stroke: colour("--chart-grid"), width: 1 },
    ticks: { show: false },
  };
  // Where nothing is pointed at, the legend tells the newest day.
  const newest = usage.days.length - 1;
  const bars = uPlot.paths.bars?.({ size: [0.7, 40] });
  /** @type {uPlot.Series[]} */
  const series = usage.series
    .map(({ label, values }, index) => ({
      label,
      fill: colour(`--chart-${(index % COLOURS) + 1}`),
      width: 0,
      paths: bars,
      points: { show: false },
      // The sums are drawn; what is said are the figures themselves.
      value: (/** @type {uPlot} */ _plot, /** @type {any} */ _sum, /** @type {any} */ _series, /** @type {number | null} */ day) =>
        number.format(values[day ?? newest] ?? 0),
    }))
    .reverse();
  if (showsQuota(usage)) {
    const line = { stroke: colour("--chart-quota"), width: 1.5, dash: [6, 4], points: { show: false } };
    series.push({ label: "quota", ...line, value: () => number.format(usage.quota ?? 0) });
  }
  return {
    width,
    height: HEIGHT,
    scales: {
      x: { time: false, range: [-0.6, usage.days.length - 0.4] },
      y: { range: (_plot, _least, most) => [0, Math.max(1, most * 1.05)] },
    },
    axes: [
      { ...axis, grid: { show: false }, incrs: [1, 2, 7, 14, 28], values: (_p, at) => at.map((x) => (usage.days[x] ? sayDay(usage.days[x]) : "")) },
      { ...axis, size: 60, incrs: undefined, values: (_p, at) => at.map((y) => (Number.isInteger(y) ? number.format(y) : "")) },
    ],
    series: [{ label: "day", value: (_p, x) => sayDay(usage.days[x ?? newest]) }, ...series],
    cursor: { drag: { x: false, y: false }, points: { show: false } },
  };
}
