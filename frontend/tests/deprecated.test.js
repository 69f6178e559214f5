import assert from "node:assert/strict";
import { test } from "node:test";
import { buildClientSchema, buildSchema, getIntrospectionQuery, graphqlSync, printSchema } from "graphql";
import { countDeprecated, hideDeprecated } from "../src/graphiql/deprecated.js";

function introspect(sdl) {
  const source = getIntrospectionQuery({ inputValueDeprecation: true });
  return graphqlSync({ schema: buildSchema(sdl), source }).data;
}

const shown = (sdl) => printSchema(buildClientSchema(hideDeprecated(introspect(sdl))));

test("fields, arguments, input fields and enum values that are deprecated are taken out", () => {
  const sdl = `
    type Query {
      now(by: By, old: Int @deprecated): String
      before: String @deprecated(reason: "Use now.")
    }
    input By { id: ID order: Order old: Int @deprecated }
    enum Order { UP DOWN SIDEWAYS @deprecated }`;

  const printed = shown(sdl);

  assert.doesNotMatch(printed, /old|before|SIDEWAYS/);
  assert.match(printed, /now\(by: By\): String/);
  assert.equal(countDeprecated(introspect(sdl)), 4);
});

test("a type whose members are all deprecated keeps them: without any it would be none", () => {
  const sdl = "type Query { old: Old } type Old { a: Int @deprecated b: Int @deprecated }";

  assert.match(shown(sdl), /type Old {\n {2}a: Int.*\n {2}b: Int/);
  assert.equal(countDeprecated(introspect(sdl)), 0);
});

test("a schema without deprecations stays as it is", () => {
  const sdl = "type Query { a(b: Int = 1): Int! }";

  assert.equal(shown(sdl), printSchema(buildSchema(sdl)));
});
