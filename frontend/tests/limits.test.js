import assert from "node:assert/strict";
import { test } from "node:test";
import { readLimits, sayWait } from "../src/graphiql/limits.js";

test("both fields of an answer are read", () => {
  const read = readLimits('"burst";r=2;t=1,"daily";r=98;t=30011', '"burst";q=3;w=1, "daily";q=100;w=86400');

  assert.deepEqual(read, {
    burst: { left: 2, most: 3, seconds: 1 },
    daily: { left: 98, most: 100, seconds: 30011 },
  });
});

test("a plan without a quota has a burst alone", () => {
  assert.deepEqual(readLimits('"burst";r=2;t=1', '"burst";q=2;w=1'), {
    burst: { left: 2, most: 2, seconds: 1 },
  });
});

test("an answer without the fields says nothing", () => {
  assert.deepEqual(readLimits(null, null), {});
});

test("a field that cannot be read says nothing", () => {
  assert.deepEqual(readLimits('"burst";r=2;t=1, daily', null), {});
});

test("a time to wait is said in two units at most, and rounded up", () => {
  assert.deepEqual([1, 59, 60, 61, 3600, 30011].map(sayWait), [
    "1 s",
    "59 s",
    "1 min",
    "2 min",
    "1 h",
    "8 h 21 min",
  ]);
});
