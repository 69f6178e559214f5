// @ts-check
/**
 * Prints a query as programs that run as they are: curl, Node.js and Python.
 *
 * They need nothing but the tool itself, take the secrets from the environment, and put the
 * query where no quote, dollar or backslash of it means anything.
 *
 * @typedef {object} Asked
 * @property {string} query
 * @property {Record<string, unknown>} variables
 * @property {string | null} operationName
 *
 * @typedef {object} Place
 * @property {string} tokenUrl
 * @property {string} callUrl
 * @property {string} user the service user, unless WATCHWORD_USER names another
 */

/** @param {Asked} asked */
const bodyOf = ({ query, variables, operationName }) => ({
  query,
  ...(Object.keys(variables).length && { variables }),
  ...(operationName && { operationName }),
});

/** A word for the shell, in single quotes.
 * @param {string} text */
const shellWord = (text) => `'${text.replaceAll("'", `'\\''`)}'`;

/**
 * Print the program for a POSIX shell with curl.
 * @param {Asked} asked
 * @param {Place} place
 */
export function printCurl(asked, place) {
  // No line of JSON is the word BODY alone: its text has no line breaks.
  return `#!/bin/sh
# Set WATCHWORD_KEY and WATCHWORD_PASSWORD first.
set -eu
user=\${WATCHWORD_USER:-${shellWord(place.user)}}

token=$(curl --silent --show-error --fail-with-body --request POST \\
  --user "$user:$WATCHWORD_PASSWORD" \\
  --header "x-api-key: $WATCHWORD_KEY" \\
  --data grant_type=client_credentials \\
  ${shellWord(place.tokenUrl)} |
  sed -n 's/.*"access_token": *"\\([^"]*\\)".*/\\1/p')

curl --silent --show-error --fail-with-body \\
  --header "authorization: Bearer $token" \\
  --header "x-api-key: $WATCHWORD_KEY" \\
  --header 'content-type: application/json' \\
  --data-binary @- \\
  ${shellWord(place.callUrl)} <<'BODY'
${JSON.stringify(bodyOf(asked), null, 2)}
BODY
`;
}

/** A template literal of JavaScript. It takes only "\n" for a line break, and no other character.
 * @param {string} text */
const template = (text) => `\`${text.replaceAll(/\\|`|\$\{/g, "\\$&").replaceAll("\r", "\\r")}\``;

/** A literal of JavaScript. A key "__proto__" would set a prototype: it is read as JSON then.
 * @param {unknown} value */
function javascript(value) {
  const json = JSON.stringify(value, null, 2);
  return json.includes('"__proto__"') ? `JSON.parse(${JSON.stringify(json)})` : json;
}

/**
 * Print the program for Node.js 18 or newer, as an ES module.
 * @param {Asked} asked
 * @param {Place} place
 */
export function printNode(asked, place) {
  const { variables, operationName } = bodyOf(asked);
  const members = ["query", variables && "variables", operationName && "operationName"];
  return `// For Node.js 18 or newer, without packages: save it as ask.mjs, then run: node ask.mjs
// Set WATCHWORD_KEY and WATCHWORD_PASSWORD first.
const { WATCHWORD_KEY, WATCHWORD_PASSWORD } = process.env;
const user = process.env.WATCHWORD_USER ?? ${JSON.stringify(place.user)};

const query = ${template(asked.query)};
${variables ? `const variables = ${javascript(variables)};\n` : ""}${
    operationName ? `const operationName = ${JSON.stringify(operationName)};\n` : ""
  }
async function post(url, headers, body) {
  const response = await fetch(url, {
    method: "POST",
    headers: { "x-api-key": WATCHWORD_KEY, ...headers },
    body,
  });
  if (!response.ok) throw new Error(\`\${response.status}: \${await response.text()}\`);
  return response.json();
}

const basic = Buffer.from(\`\${user}:\${WATCHWORD_PASSWORD}\`).toString("base64");
const { access_token } = await post(
  ${JSON.stringify(place.tokenUrl)},
  { authorization: \`Basic \${basic}\` },
  new URLSearchParams({ grant_type: "client_credentials" }),
);

const answer = await post(
  ${JSON.stringify(place.callUrl)},
  { authorization: \`Bearer \${access_token}\`, "content-type": "application/json" },
  JSON.stringify({ ${members.filter(Boolean).join(", ")} }),
);
console.log(JSON.stringify(answer, null, 2));
`;
}

/** A string of Python over several lines. GraphQL has use for """, and hardly any for '''.
 * @param {string} text */
const pythonText = (text) =>
  `'''${text.replaceAll("\\", "\\\\").replaceAll("'''", "\\'\\'\\'").replace(/'$/, "\\'").replaceAll("\r", "\\r")}'''`;

const PYTHON_CONSTANTS = new Map([
  [null, "None"],
  [true, "True"],
  [false, "False"],
]);

/**
 * A literal of Python. Strings and numbers of JSON are Python's too.
 * @param {any} value
 * @param {string} [indent]
 * @returns {string}
 */
function python(value, indent = "") {
  const constant = PYTHON_CONSTANTS.get(value);
  if (constant) return constant;
  if (typeof value !== "object") return JSON.stringify(value);
  const deeper = `${indent}    `;
  const [open, close, members] = Array.isArray(value)
    ? ["[", "]", value.map((each) => python(each, deeper))]
    : ["{", "}", Object.entries(value).map(([k, v]) => `${JSON.stringify(k)}: ${python(v, deeper)}`)];
  if (members.length === 0) return open + close;
  return `${open}\n${members.map((each) => `${deeper}${each},\n`).join("")}${indent}${close}`;
}

/**
 * Print the program for Python 3.8 or newer, with its standard library alone.
 * @param {Asked} asked
 * @param {Place} place
 */
export function printPython(asked, place) {
  const { variables, operationName } = bodyOf(asked);
  const members = [
    '"query": QUERY',
    variables && '"variables": VARIABLES',
    operationName && `"operationName": ${JSON.stringify(operationName)}`,
  ];
  return `# For Python 3.8 or newer, without packages.
# Set WATCHWORD_KEY and WATCHWORD_PASSWORD first.
import base64
import json
import os
import sys
import urllib.error
import urllib.request

KEY = os.environ["WATCHWORD_KEY"]
USER = os.environ.get("WATCHWORD_USER", ${JSON.stringify(place.user)})
PASSWORD = os.environ["WATCHWORD_PASSWORD"]
QUERY = ${pythonText(asked.query)}
${variables ? `VARIABLES = ${python(variables)}\n` : ""}

def post(url, headers, body):
    request = urllib.request.Request(url, body, {"x-api-key": KEY, **headers})
    try:
        with urllib.request.urlopen(request, timeout=30) as response:
            return json.load(response)
    except urllib.error.HTTPError as refusal:
        sys.exit(f"{refusal.code}: {refusal.read().decode()}")


basic = base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode()
token = post(
    ${JSON.stringify(place.tokenUrl)},
    {"authorization": f"Basic {basic}"},
    b"grant_type=client_credentials",
)["access_token"]

answer = post(
    ${JSON.stringify(place.callUrl)},
    {"authorization": f"Bearer {token}", "content-type": "application/json"},
    json.dumps({${members.filter(Boolean).join(", ")}}).encode(),
)
print(json.dumps(answer, indent=2, ensure_ascii=False))
`;
}

/** The languages in the order in which they are offered. */
export const PROGRAMS = Object.freeze([
  { id: "curl", label: "curl", print: printCurl },
  { id: "node", label: "Node.js", print: printNode },
  { id: "python", label: "Python", print: printPython },
]);
