/** The GraphiQL page: GraphiQL 5 with the Docs, History, Explorer and Code panes. */
import "./strict-csp.js";
import "./workers.js";
import "@graphiql/react/style.css";
import "@graphiql/plugin-doc-explorer/style.css";
import "@graphiql/plugin-history/style.css";
import "@graphiql/plugin-explorer/style.css";
import "graphiql/graphiql.css";
import "./graphiql.css";
import { explorerPlugin } from "@graphiql/plugin-explorer";
import { HISTORY_PLUGIN } from "@graphiql/plugin-history";
import { ToolbarButton, useGraphiQLActions } from "@graphiql/react";
import { GraphiQL } from "graphiql";
import { useEffect, useRef } from "react";
import { createRoot } from "react-dom/client";
import { CODE_PLUGIN } from "./code-pane.jsx";
import { ask, deprecation, showDeprecated } from "./fetcher.js";
import { page } from "./page.js";
import { StatusLine } from "./status-line.jsx";
import { storageOf } from "./storage.js";

const PLUGINS = [explorerPlugin(), HISTORY_PLUGIN, CODE_PLUGIN];
PLUGINS[0].title = "Explorer";

const FIRST_QUERY = `# Write a query for ${page.title} here.
# Ctrl-Enter runs it, Ctrl-Space suggests.
# The panes beside: documentation, an explorer
# that writes queries as you choose fields, your
# history, and this query as a program.
`;

/** Reads the schema anew when what is shown of it has changed. */
function DeprecatedButton() {
  const { introspect } = useGraphiQLActions();
  const { shown, count } = deprecation.use();
  const before = useRef(shown);
  useEffect(() => {
    if (before.current === shown) return;
    before.current = shown;
    introspect();
  }, [shown, introspect]);
  if (count === 0) return null;
  const label = `${shown ? "Hide" : "Show"} deprecated fields (${count})`;
  return (
    <ToolbarButton
      label={label}
      aria-pressed={shown}
      className="ww-deprecated"
      onClick={() => showDeprecated(!shown)}
    >
      <svg viewBox="0 0 24 24" aria-hidden="true" className="graphiql-toolbar-icon">
        <path
          d="M4 12h16M7 7c1-3 9-3 10 0M7 17c1 3 9 3 10 0"
          fill="none"
          stroke="currentColor"
          strokeWidth="1.8"
          strokeLinecap="round"
        />
      </svg>
    </ToolbarButton>
  );
}

function Page() {
  return (
    <>
      <StatusLine />
      <main className="ww-main">
        <GraphiQL
          fetcher={ask}
          storage={storageOf(page.service, page.user)}
          plugins={PLUGINS}
          initialQuery={page.query}
          defaultQuery={FIRST_QUERY}
          isHeadersEditorEnabled={false}
          showPersistHeadersSettings={false}
          inputValueDeprecation
          schemaDescription
        >
          <GraphiQL.Logo> </GraphiQL.Logo>
          <GraphiQL.Toolbar>
            {({ prettify, merge, copy }) => (
              <>
                {prettify}
                {merge}
                {copy}
                <DeprecatedButton />
              </>
            )}
          </GraphiQL.Toolbar>
        </GraphiQL>
      </main>
    </>
  );
}

createRoot(page.place).render(<Page />);
