// @ts-check
/** Sends the queries of this page by its session, and keeps what the answers say beside the data. */
import { countDeprecated, hideDeprecated } from "./deprecated.js";
import { readLimits } from "./limits.js";
import { page } from "./page.js";
import { makeStore } from "./state.js";

/** @typedef {import("./limits.js").Limit} Limit */

export const status = makeStore({
  /** @type {Limit | null} */
  daily: page.quota === null ? null : { left: page.quota, most: page.quotaLimit, seconds: null },
  /** @type {Limit | null} */
  burst: null,
  /** @type {any} what the last answer says it cost */
  cost: null,
  /** Whether the server no longer knows the session. */
  signedOut: false,
});

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
  const answer = await post(asked);
  if (!isIntrospection || !answer.data?.__schema) return answer;
  whole = answer;
  deprecation.set({ count: countDeprecated(answer.data) });
  return introspected(answer);
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
    ...(burst && { burst }),
    ...(daily && { daily }),
  });
  if (!burst) return;
  clearTimeout(refill);
  const seconds = burst.seconds ?? 0;
  refill = setTimeout(() => status.set({ burst: { ...burst, left: burst.most, seconds: 0 } }), seconds * 1000);
}
