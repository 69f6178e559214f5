const { WATCHWORD_URL, WATCHWORD_KEY, WATCHWORD_USER, WATCHWORD_PASSWORD } = process.env;
const basic = Buffer.from(`${WATCHWORD_USER}:${WATCHWORD_PASSWORD}`).toString("base64");

const issued = await fetch(`${WATCHWORD_URL}/oauth2/token?grant_type=client_credentials`, {
  method: "POST",
  headers: { Authorization: `Basic ${basic}`, "x-api-key": WATCHWORD_KEY },
});
const { access_token } = await issued.json();

const response = await fetch(`${WATCHWORD_URL}/profile/v1/graphiql/`, {
  method: "POST",
  headers: {
    Authorization: `Bearer ${access_token}`,
    "Content-Type": "application/json",
    "x-api-key": WATCHWORD_KEY,
  },
  body: JSON.stringify({ query: "{ info { name status } }" }),
});

console.log(await response.text());
