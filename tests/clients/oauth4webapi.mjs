import * as oauth from "oauth4webapi";

import { key, question, readAnswer, readChallenge, report, service, url } from "./steps.mjs";

const insecure = { [oauth.allowInsecureRequests]: true }; // plain HTTP, on loopback alone

const audience = "profile"; // a service goes by its name
const issuer = new URL(url);
const discovered = await oauth.discoveryRequest(issuer, { algorithm: "oauth2", ...insecure });
const server = await oauth.processDiscoveryResponse(issuer, discovered);

async function ask(token) {
  const sent = new Headers({ "x-api-key": key, "content-type": "application/json" });
  try {
    return await readAnswer(
      await oauth.protectedResourceRequest(token, "POST", service, sent, question, insecure),
    );
  } catch (error) {
    if (!(error instanceof oauth.WWWAuthenticateChallengeError)) throw error;
    return readChallenge(error);
  }
}

async function validate(token) {
  const request = new Request(service, { headers: { authorization: `Bearer ${token}` } });
  return oauth.validateJwtAccessToken(server, request, audience, insecure);
}

// A 401 carries a challenge, and the body with the OAuth code is left to be read.
async function describe(error) {
  if (!(error instanceof oauth.WWWAuthenticateChallengeError)) throw error;
  const { error: code } = await error.response.json();
  return { type: error.name, status: error.status, code };
}

function connectBy(authenticate) {
  return (user, password) => {
    const client = { client_id: user };
    const secret = authenticate(password);

    async function fetch() {
      const options = { headers: new Headers({ "x-api-key": key }) };
      Object.assign(options, insecure);
      const answer = await oauth.clientCredentialsGrantRequest(server, client, secret, {}, options);
      const token = await oauth.processClientCredentialsResponse(server, client, answer);
      return token;
    }

    async function introspect(token) {
      const answer = await oauth.introspectionRequest(server, client, secret, token, insecure);
      return oauth.processIntrospectionResponse(server, client, answer);
    }

    async function revoke(token) {
      const answer = await oauth.revocationRequest(server, client, secret, token, insecure);
      await oauth.processRevocationResponse(answer);
    }

    return { fetch, ask, describe, validate, introspect, revoke };
  };
}

await report({
  basic: connectBy(oauth.ClientSecretBasic),
  post: connectBy(oauth.ClientSecretPost),
});
