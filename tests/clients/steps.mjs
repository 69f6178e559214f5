// The steps that every client goes through; the client's own file says how it does each.
// What they gave is printed as JSON: a member for every way of the client and service user.

import { subscribe } from "node:diagnostics_channel";

const { WATCHWORD_URL, WATCHWORD_KEY, WATCHWORD_USERS } = process.env;

export const url = WATCHWORD_URL;
export const key = WATCHWORD_KEY;
export const service = new URL("/profile/v1/graphql", url);
export const question = JSON.stringify({ query: "{ info { name } }" });

/**
 * Goes through the steps in every way of a client, for every service user.
 *
 * A way makes a program of a user name and a password. A program has `fetch` (a token), `ask`
 * (the service, with a token), `describe` (an error of the client), and, where the client has
 * them, `validate`, `introspect` and `revoke` (a token).
 */
export async function report(ways) {
  const told = [];
  for (const { username, password } of JSON.parse(WATCHWORD_USERS)) {
    for (const [way, connect] of Object.entries(ways)) {
      const program = connect(username, password);
      const stranger = connect(username, "wrong");
      told.push({ username, way, ...(await followSteps(program, stranger)) });
    }
  }
  console.log(JSON.stringify(told));
}

// Node.js itself tells what is sent, by `fetch` and by `http`; the clients stay as they are.
let sent = [];
subscribe("undici:request:create", ({ request }) => {
  const place = request.headers.findIndex((name) => /^authorization$/i.test(name));
  if (place >= 0) sent.push(request.headers[place + 1]);
});
subscribe("http.client.request.start", ({ request }) => {
  sent.push(request.getHeader("authorization") ?? "");
});

function readNameSent() {
  const [, basic] = sent.find((value) => value.startsWith("Basic "))?.split(" ") ?? [];
  return basic && Buffer.from(basic, "base64").toString().split(":")[0];
}

export async function readAnswer(response) {
  const { data, errors } = await response.json();
  return { status: response.status, data, code: errors?.[0].extensions.code };
}

// oauth4webapi and openid-client throw a service's challenge, with the answer beside it.
export async function readChallenge({ cause: [{ scheme, parameters }], response }) {
  return { ...(await readAnswer(response)), scheme, error: parameters.error };
}

async function followSteps(program, stranger) {
  sent = [];
  const first = await program.fetch();
  const nameSent = readNameSent();
  const accepted = await program.ask(first.access_token);
  const valid = await program.validate?.(first.access_token);
  const second = await program.fetch();
  const superseded = await program.ask(first.access_token);
  const renewed = await program.ask(second.access_token);
  const introspected = program.introspect && {
    live: await program.introspect(second.access_token),
    superseded: await program.introspect(first.access_token),
  };
  const refused = await stranger.fetch().catch(program.describe);
  const ended = program.revoke && (await end(program, second.access_token));
  const { token_type, expires_in } = first;
  const issued = { token_type, expires_in };
  const used = { issued, nameSent, accepted, valid, superseded, renewed };
  return { ...used, introspected, refused, ended };
}

async function end(program, token) {
  await program.revoke(token);
  return { asked: await program.ask(token), introspected: await program.introspect?.(token) };
}
