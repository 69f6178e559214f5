// WATCHWORD_KEY: the key that you were given
const { WATCHWORD_KEY, WATCHWORD_PASSWORD } = process.env;
const basic = Buffer.from(`your-user:${WATCHWORD_PASSWORD}`).toString("base64");

const response = await fetch("http://127.0.0.1:8080/oauth2/token?grant_type=client_credentials", {
  method: "POST",
  headers: { Authorization: `Basic ${basic}`, "x-api-key": WATCHWORD_KEY },
});
const answer = await response.json();
if (!response.ok) throw new Error(`${answer.error}: ${answer.error_description}`);

console.log(JSON.stringify(answer));
