/** The pane "Code": the query and variables of the open tab as programs to be copied. */
import { parseJSONC, useGraphiQL } from "@graphiql/react";
import { useState } from "react";
import { page } from "./page.js";
import { PROGRAMS } from "./programs.js";

/** What the editors hold now; variables that are no JSON object are told by `fault`. */
function useAsked() {
  const tab = useGraphiQL((state) => state.tabs[state.activeTabIndex]);
  const typed = tab?.variables?.trim();
  const asked = { query: tab?.query ?? "", variables: {}, operationName: null };
  if ((asked.query.match(/\b(query|mutation|subscription)\b/g) ?? []).length > 1) {
    asked.operationName = tab?.operationName ?? null;
  }
  try {
    return { asked: { ...asked, variables: (typed && parseJSONC(typed)) || {} }, fault: false };
  } catch {
    return { asked, fault: true };
  }
}

function CopyButton({ text }) {
  const [said, say] = useState("");
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(text);
      say("Copied");
    } catch {
      say("The browser does not allow it: select the text and copy it.");
    }
    setTimeout(say, 3000, "");
  };
  return (
    <div className="ww-copy">
      <button type="button" className="graphiql-button" onClick={copy}>
        Copy
      </button>
      <span role="status">{said}</span>
    </div>
  );
}

function CodePane() {
  const { asked, fault } = useAsked();
  const [chosen, choose] = useState(PROGRAMS[0]);
  const program = chosen.print(asked, page);
  return (
    <section aria-label="Code" className="ww-code">
      <h2>Code</h2>
      <p>
        This query as a program. It takes your API key{page.keyHint && ` (${page.keyHint})`} and your
        password from the environment variables <code>WATCHWORD_KEY</code> and{" "}
        <code>WATCHWORD_PASSWORD</code>.
      </p>
      <p>
        Each run takes a new token, and that ends the one before. Do not run it as a service user
        that production uses.
      </p>
      <div className="ww-choice" role="group" aria-label="Language">
        {PROGRAMS.map((each) => (
          <button
            key={each.id}
            type="button"
            className="graphiql-button"
            aria-pressed={each === chosen}
            onClick={() => choose(each)}
          >
            {each.label}
          </button>
        ))}
      </div>
      {fault && <p role="alert">The variables are not JSON. They are left out.</p>}
      <CopyButton text={program} />
      <pre tabIndex={0}>{program}</pre>
    </section>
  );
}

function CodeIcon(props) {
  return (
    <svg viewBox="0 0 24 24" height="1em" fill="none" stroke="currentColor" strokeWidth="1.8" {...props}>
      <path d="M8 6 2 12l6 6M16 6l6 6-6 6" strokeLinecap="round" strokeLinejoin="round" />
    </svg>
  );
}

export const CODE_PLUGIN = { title: "Code", icon: CodeIcon, content: CodePane };
