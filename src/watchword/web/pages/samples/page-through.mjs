// WATCHWORD_KEY: the key that you were given
const { WATCHWORD_KEY, WATCHWORD_PASSWORD } = process.env;
const server = "http://127.0.0.1:8080";
const query = `
  query Page($after: String) {
    personSearch(pageInfo: { first: 2, after: $after }) {
      items { id }
      pageInfoResponse { pageInfo { hasNextPage endCursor } }
    }
  }`;

const basic = Buffer.from(`your-user:${WATCHWORD_PASSWORD}`).toString("base64");
const issued = await fetch(`${server}/oauth2/token?grant_type=client_credentials`, {
  method: "POST",
  headers: { Authorization: `Basic ${basic}`, "x-api-key": WATCHWORD_KEY },
});
const { access_token: token } = await issued.json();

async function* readPages() {
  let after = null;
  let hasNextPage = true;
  while (hasNextPage) {
    const response = await fetch(`${server}/profile/v1/graphql`, {
      method: "POST",
      headers: {
        Authorization: `Bearer ${token}`,
        "Content-Type": "application/json",
        "x-api-key": WATCHWORD_KEY,
      },
      body: JSON.stringify({ query, variables: { after } }),
    });
    const { data, errors } = await response.json();
    if (!data) throw new Error(errors.map((error) => error.message).join(" "));
    yield data.personSearch.items;
    ({ hasNextPage, endCursor: after } = data.personSearch.pageInfoResponse.pageInfo);
  }
}

const ids = [];
for await (const people of readPages()) {
  ids.push(...people.map((person) => person.id));
  if (ids.length >= 6) break;
}

console.log(JSON.stringify(ids));
