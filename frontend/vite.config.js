// Builds the three entries into the package, where the server finds them by `manifest.json`.
import { defineConfig } from "vite";

/** Writes {"portal.js": "portal-<hash>.js", ...}: what the templates ask for, and its file. */
const manifest = () => ({
  name: "watchword-manifest",
  generateBundle(_options, bundle) {
    const files = {};
    for (const each of Object.values(bundle)) {
      if (each.type !== "chunk" || !each.isEntry) continue;
      const styles = [...(each.viteMetadata?.importedCss ?? [])];
      // An entry of styles alone leaves an empty script beside them.
      if (each.code.trim()) files[`${each.name}.js`] = each.fileName;
      else delete bundle[each.fileName];
      if (styles.length > 1) this.error(`${each.name} has ${styles.length} style sheets`);
      if (styles.length === 1) files[`${each.name}.css`] = styles[0];
    }
    const source = `${JSON.stringify(files, null, 2)}\n`;
    this.emitFile({ type: "asset", fileName: "manifest.json", source });
  },
});

// All in one folder, under names that change with what is in them.
const names = {
  entryFileNames: "[name]-[hash].js",
  chunkFileNames: "[name]-[hash].js",
  assetFileNames: "[name]-[hash][extname]",
};

export default defineConfig({
  // The assets name one another by relative URLs: they work under any path of any host.
  base: "./",
  publicDir: false,
  plugins: [manifest()],
  worker: {
    format: "es",
    rolldownOptions: { output: names },
  },
  build: {
    outDir: "../src/watchword/web/static",
    emptyOutDir: true,
    // No data: URLs for fonts: the policy of the pages allows none.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    chunkSizeWarningLimit: 5000,
    rolldownOptions: {
      input: {
        graphiql: "src/graphiql/main.jsx",
        portal: "src/portal/main.js",
        style: "src/style/style.css",
      },
      output: names,
      // "use client" is for servers that render React; here it means nothing.
      onLog: (level, log, report) => log.code === "MODULE_LEVEL_DIRECTIVE" || report(level, log),
    },
  },
});
