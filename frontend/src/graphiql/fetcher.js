// @ts-check
/** Sends the queries of this page by its session, and keeps what the answers say beside the data. */
import { countDeprecated, hideDeprecated } from "./deprecated.js";
import { readLimits } from "./limits.js";
import { page } from "./page.js";
import { introspectAt } from "./schema.js";
import { makeStore } from "./state.js";

/** @typedef {import("./limits.js").Limit} Limit */

export const status = makeStore({
  /** @type {Limit | null} */
  daily: page.quota === null ? null : { left: page.quota, most: page.quotaLimit, seconds: null },
  /** @type {Limit | null} */
  burst: null,
  /** @type {any} what the last answer says it cost */
  cost: null,
  /** @type {number | null} seconds after which a query that was refused is worth another try */
  wait: null,
  /** Whether the server no longer knows the session. */
  signedOut: false,
});

/** Beyond it a timer of browsers goes off at once. */
const LONGEST_TIMER_SECONDS = 2_000_000;

export const deprecation = makeStore({ shown: false, count: 0 });

/** The last introspection with everything in it, so that showing more asks for nothing.
 * @type {any} */
let whole = null;
let answerFromMemory = false;

/**
 * Show or hide what is deprecated. The schema is then to be read again; no request is made for it.
 * @param {boolean} shown
 */
export function showDeprecated(shown) {
  answerFromMemory = whole !== null;
  deprecation.set({ shown });
}

/**
 * @param {{query: string, variables?: object, operationName?: string | null}} asked
 * @returns {Promise<any>}
 */
export async function ask(asked) {
  const isIntrospection = asked.operationName === "IntrospectionQuery";
  if (isIntrospection && answerFromMemory) {
    answerFromMemory = false;
    return introspected(whole);
  }
  const answer = isIntrospection ? await introspect(asked) : await post(asked);
  if (!isIntrospection || !answer.data?.__schema) return answer;
  whole = answer;
  deprecation.set({ count: countDeprecated(answer.data) });
  return introspected(answer);
}

/**
 * Nobody has asked for this but the page: it takes nothing of the plan where the portal has the
 * schema, and nowhere is it the last query.
 * @param {{query: string, operationName?: string | null}} asked
 */
async function introspect(asked) {
  const offered = page.schemaUrl ? await introspectAt(page.schemaUrl, asked) : null;
  if (offered) return offered;
  const { cost } = status.get();
  const answer = await post(asked);
  status.set({ cost });
  return answer;
}

/** @param {any} answer */
function introspected(answer) {
  return deprecation.get().shown ? answer : { ...answer, data: hideDeprecated(answer.data) };
}

/** @param {object} asked */
async function post(asked) {
  const response = await fetch(page.endpoint, {
    method: "POST",
    credentials: "same-origin",
    headers: {
      accept: "application/graphql-response+json, application/json;q=0.9",
      "content-type": "application/json",
      "x-csrf-token": page.csrf,
    },
    body: JSON.stringify(asked),
  });
  const text = await response.text();
  const answer = readAnswer(response, text);
  keepStatus(response, answer);
  return answer;
}

/**
 * @param {Response} response
 * @param {string} text
 */
function readAnswer(response, text) {
  try {
    return JSON.parse(text);
  } catch {
    // A proxy in between answers in HTML, for example.
    return { errors: [{ message: `The server answered ${response.status} without JSON.` }] };
  }
}

/** @type {ReturnType<typeof setTimeout> | undefined} */
let refill;
/** @type {ReturnType<typeof setTimeout> | undefined} */
let waiting;

/** @param {Response} response */
function readWait(response) {
  clearTimeout(waiting);
  const seconds = response.ok ? 0 : Number(response.headers.get("retry-after"));
  if (!(seconds > 0)) return null; // none, or a date
  if (seconds <= LONGEST_TIMER_SECONDS) waiting = setTimeout(() => status.set({ wait: null }), seconds * 1000);
  return seconds;
}

/**
 * @param {Response} response
 * @param {any} answer
 */
function keepStatus(response, answer) {
  const { burst, daily } = readLimits(
    response.headers.get("ratelimit"),
    response.headers.get("ratelimit-policy"),
  );
  status.set({
    signedOut: response.status === 401,
    cost: answer.extensions?.cost ?? null,
    wait: readWait(response),
    ...(burst && { burst }),
    ...(daily && { daily }),
  });
  if (!burst) return;
  clearTimeout(refill);
  const seconds = burst.seconds ?? 0;
  refill = setTimeout(() => status.set({ burst: { ...burst, left: burst.most, seconds: 0 } }), seconds * 1000);
}
