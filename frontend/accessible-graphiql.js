// GraphiQL marks a list item as a tab, and puts two buttons into it: a screen reader reads neither.
// In the bundle the tabs are what they are, a list of buttons, of which one is pressed.
// And some colours of its editor are too faint to be read on its ground (WCAG asks for 4.5 : 1).
const CHANGES = {
  "@graphiql/react/dist/constants.js": [
    [
      'foreground: "#908aff"',
      `foreground: "#908aff" },
       { token: "comment", foreground: "#8bb977" },
       { token: "annotation", foreground: "#e38f8f" },
       { token: "invalid", foreground: "#ff8080"`,
    ],
    ['foreground: "#6c69ce"', 'foreground: "#6c69ce" }, { token: "annotation", foreground: "#666666"'],
  ],
  "@graphiql/react/dist/components/tabs/index.js": [
    ['"aria-selected": isActive,', ""],
    ['role: "tab",', ""],
    ['role: "tablist"', 'role: "list"'],
  ],
  "graphiql/dist/GraphiQL.js": [
    ['"aria-controls": "graphiql-session",', '"aria-pressed": index_1 === activeTabIndex,'],
    ['role: "tabpanel", id: "graphiql-session"', 'role: "region", id: "graphiql-session"'],
  ],
};

// Another version of GraphiQL stops the build: whoever brings it looks at its tabs and colours.
export const accessibleGraphiql = () => {
  const missing = new Set(Object.keys(CHANGES));
  return {
    name: "watchword-accessible-graphiql",
    transform(code, id) {
      const file = id.split("/node_modules/").at(-1);
      missing.delete(file);
      return CHANGES[file]?.reduce((text, [before, after]) => {
        if (!text.includes(before)) this.error(`${file} holds no ${before}`);
        return text.replace(before, () => after);
      }, code);
    },
    buildEnd(error) {
      if (!error && missing.size) this.error(`no such file is built: ${[...missing].join(", ")}`);
    },
  };
};
