import assert from "node:assert/strict";
import { test } from "node:test";
import { buildClientSchema, buildSchema, getIntrospectionQuery, printSchema } from "graphql";
import { introspectText } from "../src/graphiql/schema.js";

const SDL = `
"""Everything."""
type Query { "Now." now(old: Int @deprecated): String before: String @deprecated(reason: "Use now.") }`;

test("an introspection is answered by the text of the schema, with all that it asks for", () => {
  const query = getIntrospectionQuery({ inputValueDeprecation: true, schemaDescription: true });

  const answer = introspectText(SDL, { query, operationName: "IntrospectionQuery" });

  assert.equal(printSchema(buildClientSchema(answer.data)), printSchema(buildSchema(SDL)));
});

test("a text that is no schema answers nothing: the service is asked", () => {
  const query = getIntrospectionQuery();

  assert.equal(introspectText("<html>", { query }), null);
  assert.equal(introspectText("type Query { a: Gone }", { query }), null);
});
