import * as client from "openid-client";

import { key, question, readAnswer, readChallenge, report, service, url } from "./steps.mjs";

const issuer = new URL(url);
const insecure = { execute: [client.allowInsecureRequests] }; // plain HTTP, on loopback alone

function withKey(address, options) {
  return fetch(address, { ...options, headers: { ...options.headers, "x-api-key": key } });
}

function connectBy(authenticate) {
  return (user, password) => {
    const secret = authenticate(password);
    let config;

    async function fetch() {
      const options = { algorithm: "oauth2", [client.customFetch]: withKey };
      Object.assign(options, insecure);
      config = await client.discovery(issuer, user, {}, secret, options);
      const token = await client.clientCredentialsGrant(config);
      return token;
    }

    async function ask(token) {
      const sent = new Headers({ "content-type": "application/json" });
      try {
        return await readAnswer(
          await client.fetchProtectedResource(config, token, service, "POST", question, sent),
        );
      } catch (error) {
        if (!(error instanceof client.WWWAuthenticateChallengeError)) throw error;
        return readChallenge(error);
      }
    }

    const introspect = (token) => client.tokenIntrospection(config, token);
    const revoke = (token) => client.tokenRevocation(config, token);
    return { fetch, ask, describe, introspect, revoke };
  };
}

// A 401 carries a challenge, and the body with the OAuth code is left to be read.
async function describe(error) {
  if (!(error instanceof client.WWWAuthenticateChallengeError)) throw error;
  const { error: code } = await error.response.json();
  return { type: error.name, status: error.status, code };
}

await report({
  basic: connectBy(client.ClientSecretBasic),
  post: connectBy(client.ClientSecretPost),
});
