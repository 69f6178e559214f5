// GraphiQL marks a list item as a tab, and puts two buttons into it: a screen reader reads neither.
// In the bundle the tabs are what they are, a list of buttons, of which one is pressed.
const CHANGES = {
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

export const accessibleTabs = () => ({
  name: "watchword-accessible-tabs",
  transform(code, id) {
    const file = id.split("/node_modules/").at(-1);
    return CHANGES[file]?.reduce((text, [before, after]) => {
      // Another version of GraphiQL: whoever brings it looks at its tabs.
      if (!text.includes(before)) this.error(`${file} holds no ${before}`);
      return text.replace(before, () => after);
    }, code);
  },
});
