// @ts-check
/** What the pages of portal and console do beyond HTML. Every page works without it. */
import htmx from "htmx.org";
import { drawCharts } from "./charts.js";
import { askTwice } from "./confirm.js";
import { offerCopy } from "./copy.js";
import { followLive } from "./live.js";
import { offerFind } from "./narrow.js";
import { nameScrolling } from "./scroll.js";
import { makeTabs } from "./tabs.js";

Object.assign(htmx.config, {
  // The policy of the pages allows neither inline styles nor eval; nothing of another host.
  includeIndicatorStyles: false,
  allowEval: false,
  allowScriptTags: false,
  selfRequestsOnly: true,
  // Pages of an account do not stay in the storage of the browser.
  historyCacheSize: 0,
});

// For the page when it is there, and for every part that htmx brings later.
htmx.onLoad((root) => {
  const part = /** @type {HTMLElement} */ (root);
  makeTabs(part);
  offerCopy(part);
  drawCharts(part);
  followLive(part);
  askTwice(part);
  offerFind(part);
  nameScrolling(part);
});
