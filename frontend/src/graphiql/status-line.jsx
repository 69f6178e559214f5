/** The line above the editors: whose portal it is, service, what is left of the plan, user, sign-out. */
import { status } from "./fetcher.js";
import { sayWait } from "./limits.js";
import { page } from "./page.js";

const number = new Intl.NumberFormat("en");

function sayDaily({ left, most, seconds }) {
  const of = most === null ? "" : ` of ${number.format(most)}`;
  const anew = seconds ? `; begins anew in ${sayWait(seconds)}` : "";
  return `${number.format(left)}${of} queries left today${anew}`;
}

function sayBurst({ left, most }) {
  return `${number.format(left)}${most === null ? "" : ` of ${number.format(most)}`} at once`;
}

function sayCost({ requested, limit }) {
  return `last query: ${number.format(requested)} of ${number.format(limit)} points`;
}

function Plan() {
  const { daily, burst, cost, wait } = status.use();
  const parts = [
    daily?.left != null && { id: "daily", text: sayDaily(daily), spent: daily.left === 0 },
    burst?.left != null && { id: "burst", text: sayBurst(burst) },
    // Of a quota that is used up, its own text says when it begins anew.
    wait != null && daily?.left !== 0 && { id: "wait", text: `try again in ${sayWait(wait)}`, spent: true },
    cost?.requested != null && { id: "cost", text: sayCost(cost) },
  ].filter(Boolean);
  return (
    <p className="ww-plan" role="status">
      {parts.map(({ id, text, spent }) => (
        <span key={id} className={spent ? "ww-spent" : undefined} data-limit={id}>
          {text}
        </span>
      ))}
    </p>
  );
}

function SignedOut() {
  const { signedOut } = status.use();
  if (!signedOut) return null;
  const here = encodeURIComponent(location.pathname + location.search);
  return (
    <p className="ww-signed-out" role="alert">
      Your session has ended. Your queries are kept. <a href={`/sign-in?next=${here}`}>Sign in again</a>
    </p>
  );
}

export function StatusLine() {
  return (
    <header className="ww-line">
      <a className="ww-brand" href="/services">
        {page.logo && <img src={page.logo} alt="" height="22" />}
        {page.brand}
      </a>
      <h1 className="ww-title">
        <a href={page.portal} title="Back to the service's page">
          ← {page.title}
        </a>
      </h1>
      <Plan />
      <form className="ww-session" method="post" action="/sign-out">
        <span title="Signed in as this service user">{page.user}</span>
        <input type="hidden" name="csrf" value={page.csrf} />
        <button type="submit">Sign out</button>
      </form>
      <SignedOut />
    </header>
  );
}
