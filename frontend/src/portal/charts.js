// @ts-check
/**
 * Draws `<div class="chart" data-chart-url="..." data-chart-title="...">` when it comes into
 * view. The table that the server puts inside stays, for those who read rather than look.
 */
import { findAll } from "./find.js";

/** @param {HTMLElement} root */
export function drawCharts(root) {
  for (const place of findAll(root, "[data-chart-url]")) {
    if (place.dataset.drawn !== undefined) continue;
    place.dataset.drawn = "";
    seen.observe(place);
  }
}

const seen = new IntersectionObserver((entries) => {
  for (const { isIntersecting, target } of entries) {
    if (!isIntersecting) continue;
    seen.unobserve(target);
    void draw(/** @type {HTMLElement} */ (target));
  }
});

/** @param {HTMLElement} place */
async function draw(place) {
  const [response, { makeChart }] = await Promise.all([
    fetch(place.dataset.chartUrl ?? "", { headers: { accept: "application/json" } }),
    import("./chart.js"),
  ]);
  // The table is there in any case.
  if (response.ok) makeChart(place, await response.json());
}
