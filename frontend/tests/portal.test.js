import assert from "node:assert/strict";
import { test } from "node:test";
import { sayDay, showsQuota, stack } from "../src/portal/stacking.js";
import { next } from "../src/portal/tabs.js";

test("each series stands on the sum of those below it", () => {
  assert.deepEqual(stack([{ values: [1, 2] }, { values: [3, 0] }, { values: [0, 5] }]), [
    [1, 2],
    [4, 2],
    [4, 7],
  ]);
  assert.deepEqual(stack([]), []);
});

test("the line of a quota is drawn where the bars stay visible beside it", () => {
  const usage = { days: ["2026-11-01"], series: [{ label: "profile", values: [20] }] };

  assert.equal(showsQuota({ ...usage, quota: 100 }), true);
  assert.equal(showsQuota({ ...usage, quota: 1_000_000 }), false);
  assert.equal(showsQuota({ ...usage, quota: null }), false);
});

test("a day is the day of UTC, wherever the browser is", () => {
  assert.equal(sayDay("2026-11-01"), "1 Nov");
});

test("arrow keys go around the tabs", () => {
  assert.equal(next("ArrowRight", 2, 3), 0);
  assert.equal(next("ArrowLeft", 0, 3), 2);
  assert.equal(next("Home", 2, 3), 0);
  assert.equal(next("End", 0, 3), 2);
  assert.equal(next("Enter", 0, 3), null);
});
