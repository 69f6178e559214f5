const { WATCHWORD_URL, WATCHWORD_KEY, WATCHWORD_USER, WATCHWORD_PASSWORD } = process.env;
const basic = Buffer.from(`${WATCHWORD_USER}:${WATCHWORD_PASSWORD}`).toString("base64");

const response = await fetch(`${WATCHWORD_URL}/oauth2/token?grant_type=client_credentials`, {
  method: "POST",
  headers: {
    Authorization: `Basic ${basic}`,
    "Content-Type": "application/x-www-form-urlencoded",
    "x-api-key": WATCHWORD_KEY,
  },
});
const answer = await response.json();
if (!response.ok) throw new Error(`${answer.error}: ${answer.error_description}`);

console.log(JSON.stringify(answer));
