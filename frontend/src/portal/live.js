// @ts-check
/**
 * Keeps `<table data-live-url="...">` up to date: each event `row` of the stream brings the HTML
 * of a row, which is put on top. An event `end` says that no more come. A button pauses it.
 * What `data-live-empty` selects says that there is no row, and goes with the first.
 */
import { findAll, make } from "./find.js";

const ROWS_KEPT = 200;
const SUMMARY_MS = 10_000;

/** @param {HTMLElement} root */
export function followLive(root) {
  for (const table of findAll(root, "table[data-live-url]")) {
    if (table.dataset.following !== undefined) continue;
    table.dataset.following = "";
    follow(/** @type {HTMLTableElement} */ (table));
  }
}

/** @param {HTMLTableElement} table */
function follow(table) {
  const bar = make("p", { class: "live" });
  const button = make("button", { type: "button", class: "secondary outline" }, "Pause");
  const said = make("span", { role: "status" }, "Live");
  bar.append(button, said);
  (table.closest(".scroll") ?? table).before(bar);

  /** @type {EventSource | null} */
  let source = null;
  let arrived = 0;
  const tell = setInterval(() => {
    // Not each row: a screen reader would have no end.
    if (arrived) said.textContent = `Live: ${arrived} new ${arrived === 1 ? "row" : "rows"}`;
    arrived = 0;
    if (!table.isConnected) stop();
  }, SUMMARY_MS);

  const start = () => {
    source = new EventSource(table.dataset.liveUrl ?? "");
    source.addEventListener("row", (event) => {
      arrived += 1;
      prepend(table, event.data);
    });
    source.addEventListener("end", () => {
      stop();
      button.remove();
      said.textContent = "This page is no longer kept up to date. Reload it.";
    });
    source.addEventListener("open", () => (said.textContent = "Live"));
    source.addEventListener("error", () => {
      const over = source?.readyState === EventSource.CLOSED;
      said.textContent = over ? "The connection has ended. Reload the page." : "Connecting again …";
    });
  };
  const close = () => {
    source?.close();
    source = null;
  };
  const stop = () => {
    close();
    clearInterval(tell);
  };
  button.addEventListener("click", () => {
    if (source) close();
    else start();
    button.textContent = source ? "Pause" : "Go on";
    said.textContent = source ? "Live" : "Paused";
  });
  start();
}

/**
 * @param {HTMLTableElement} table
 * @param {string} html a row; the server has escaped what it shows
 */
function prepend(table, html) {
  const body = table.tBodies[0] ?? table.createTBody();
  const template = document.createElement("template");
  template.innerHTML = html;
  for (const row of template.content.children) row.classList.add("new");
  document.querySelector(table.dataset.liveEmpty ?? ":not(*)")?.remove();
  body.prepend(template.content);
  while (body.rows.length > ROWS_KEPT) body.deleteRow(-1);
}
