import { ClientCredentials } from "simple-oauth2";

import { key, question, readAnswer, report, service, url } from "./steps.mjs";

async function ask(token) {
  const headers = {
    authorization: `Bearer ${token}`,
    "content-type": "application/json",
    "x-api-key": key,
  };
  return readAnswer(await fetch(service, { method: "POST", headers, body: question }));
}

function describe(error) {
  if (!error.isBoom) throw error;
  const { error: code } = error.data.payload;
  return { type: "Boom", status: error.output.statusCode, code };
}

function connectWith(options) {
  return (user, password) => {
    const auth = { tokenHost: url, tokenPath: "/oauth2/token", revokePath: "/oauth2/revoke" };
    const http = { headers: { "x-api-key": key } };
    const credentials = { id: user, secret: password };
    const client = new ClientCredentials({ client: credentials, auth, http, options });

    async function fetch() {
      const { token } = await client.getToken({});
      return token;
    }

    async function revoke(token) {
      // The answer has no body (RFC 7009 section 2.2); unless told so, this client wants JSON.
      await client.createToken({ access_token: token }).revoke("access_token");
    }

    return { fetch, ask, describe, revoke };
  };
}

await report({
  strict: connectWith({ credentialsEncodingMode: "strict" }),
  loose: connectWith({ credentialsEncodingMode: "loose" }),
  body: connectWith({ authorizationMethod: "body" }),
});
