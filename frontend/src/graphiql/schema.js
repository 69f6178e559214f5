// @ts-check
/** The schema as the portal offers it for download: reading it is no call, and costs nothing. */
import { buildSchema, graphqlSync } from "graphql";

/**
 * Answer an introspection out of the text of a schema.
 * @param {string} text
 * @param {{query: string, operationName?: string | null}} asked
 * @returns {any} null where the text is no schema
 */
export function introspectText(text, { query, operationName }) {
  try {
    const answer = graphqlSync({ schema: buildSchema(text), source: query, operationName });
    return answer.data ? answer : null;
  } catch {
    return null;
  }
}

/**
 * Answer an introspection out of the schema at a URL.
 * @param {string} url
 * @param {{query: string, operationName?: string | null}} asked
 * @returns {Promise<any>} null where there is no schema: then the service itself is to be asked
 */
export async function introspectAt(url, asked) {
  try {
    const response = await fetch(url, { credentials: "same-origin" });
    return response.ok ? introspectText(await response.text(), asked) : null;
  } catch {
    return null; // no connection: the service, which is asked next, says so
  }
}
