// WATCHWORD_KEY: the key that you were given
const { WATCHWORD_KEY, WATCHWORD_PASSWORD } = process.env;
const server = "http://127.0.0.1:8080";

async function requestToken() {
  const basic = Buffer.from(`your-user:${WATCHWORD_PASSWORD}`).toString("base64");
  const response = await fetch(`${server}/oauth2/token?grant_type=client_credentials`, {
    method: "POST",
    headers: { Authorization: `Basic ${basic}`, "x-api-key": WATCHWORD_KEY },
  });
  const answer = await response.json();
  if (!response.ok) throw new Error(`${answer.error}: ${answer.error_description}`);
  return answer.access_token;
}

async function ask(token, query, variables) {
  const response = await fetch(`${server}/profile/v1/graphql`, {
    method: "POST",
    headers: {
      Authorization: `Bearer ${token}`,
      "Content-Type": "application/json",
      "x-api-key": WATCHWORD_KEY,
    },
    body: JSON.stringify({ query, variables }),
  });
  const answer = await response.json();
  if (!answer.data) throw new Error(answer.errors.map((error) => error.message).join(" "));
  return answer;
}

// Keep the token: it lives for eight hours, and a new one ends it.
const token = await requestToken();
const answer = await ask(token, "query Ask { __typename }", {"no": "variables"});

console.log(JSON.stringify(answer));
