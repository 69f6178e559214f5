const { WATCHWORD_URL, WATCHWORD_KEY, WATCHWORD_USER, WATCHWORD_PASSWORD } = process.env;

async function requestToken() {
  const basic = Buffer.from(`${WATCHWORD_USER}:${WATCHWORD_PASSWORD}`).toString("base64");
  const response = await fetch(`${WATCHWORD_URL}/oauth2/token?grant_type=client_credentials`, {
    method: "POST",
    headers: { Authorization: `Basic ${basic}`, "x-api-key": WATCHWORD_KEY },
  });
  const answer = await response.json();
  if (!response.ok) throw new Error(`${answer.error}: ${answer.error_description}`);
  return answer.access_token;
}

async function ask(token, query, variables) {
  const response = await fetch(`${WATCHWORD_URL}/profile/v1/graphql`, {
    method: "POST",
    headers: {
      Authorization: `Bearer ${token}`,
      "Content-Type": "application/json",
      "x-api-key": WATCHWORD_KEY,
    },
    body: JSON.stringify({ query, variables }),
  });
  const answer = await response.json();
  const errors = answer.errors ?? [];
  if (!answer.data || errors.some((error) => !error.errorType)) {
    throw new Error(errors.map((error) => error.message).join(" "));
  }
  // Soft errors: a field that this account may not read, or one that is about to go.
  for (const error of errors) console.error(`${error.errorType}: ${error.message}`);
  return answer.data;
}

const query = "query ($id: String!) { personIdSearch(id: $id) { ... on Person { name } } }";
const data = await ask(await requestToken(), query, { id: "1-per-1" });

console.log(JSON.stringify(data));
