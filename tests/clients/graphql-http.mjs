// The audits of graphql-http, which ask a server for what the GraphQL-over-HTTP specification says. What
// each found is printed as JSON, by its id.

import dns from "node:dns";
import { serverAudits } from "graphql-http";

const { WATCHWORD_URL, WATCHWORD_KEY, WATCHWORD_TOKEN } = process.env;

const identity = { "x-api-key": WATCHWORD_KEY, authorization: `Bearer ${WATCHWORD_TOKEN}` };

// Not every machine finds the names under localhost.
const { lookup } = dns;
dns.lookup = (_name, ...rest) => lookup("127.0.0.1", ...rest);

function fetchFn(url, { headers, ...init } = {}) {
  return fetch(url, { ...init, headers: { ...headers, ...identity } });
}

const found = {};
for (const { id, name, fn } of serverAudits({ url: WATCHWORD_URL, fetchFn })) {
  const { status, reason = null } = await fn();
  if (id in found) throw new Error(`two audits have the id ${id}`);
  found[id] = { name, status, reason };
}
console.log(JSON.stringify(found));
