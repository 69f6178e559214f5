// Builds the three entries into the package, where the server finds them by `manifest.json`.
import { readFileSync } from "node:fs";
import { defineConfig } from "vite";
import { accessibleGraphiql } from "./accessible-graphiql.js";

/** Writes what each entry is made of, the script first: {"portal": ["portal-<hash>.js"], ...}. */
const manifest = () => ({
  name: "watchword-manifest",
  generateBundle(_options, bundle) {
    const entries = {};
    for (const each of Object.values(bundle)) {
      if (each.type !== "chunk" || !each.isEntry) continue;
      const files = [...(each.viteMetadata?.importedCss ?? [])];
      // An entry of styles alone leaves an empty script beside them.
      if (each.code.trim()) files.unshift(each.fileName);
      else delete bundle[each.fileName];
      entries[each.name] = files.map((file) => file.replace("assets/", ""));
    }
    const source = `${JSON.stringify(entries, null, 2)}\n`;
    this.emitFile({ type: "asset", fileName: "manifest.json", source });
  },
});

const EXPECTED = new Set(["MODULE_LEVEL_DIRECTIVE", "EVAL"]);

// The list of licences has what scripts are made of, and not what style sheets are.
const picoLicence = () => ({
  name: "watchword-pico-licence",
  generateBundle: {
    order: "post",
    handler(_options, bundle) {
      const folder = "node_modules/@picocss/pico";
      const { version } = JSON.parse(readFileSync(`${folder}/package.json`, "utf8"));
      const text = readFileSync(`${folder}/LICENSE.md`, "utf8");
      bundle["LICENSES.md"].source += `\n## @picocss/pico - ${version} (MIT)\n\n${text}`;
    },
  },
});

// In one folder, under names that change with what is in them.
const names = {
  entryFileNames: "assets/[name]-[hash].js",
  chunkFileNames: "assets/[name]-[hash].js",
  assetFileNames: "assets/[name]-[hash][extname]",
};

export default defineConfig({
  // The assets name one another by relative URLs: they work under any path of any host.
  base: "./",
  publicDir: false,
  plugins: [accessibleGraphiql(), manifest(), picoLicence()],
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
    // The licences of what is in the bundle go where the bundle goes.
    license: { fileName: "LICENSES.md" },
    chunkSizeWarningLimit: 5000,
    rolldownOptions: {
      input: {
        graphiql: "src/graphiql/main.jsx",
        portal: "src/portal/main.js",
        style: "src/style/main.js",
      },
      output: names,
      // "use client" is for servers that render React; here it means nothing.
      // htmx evaluates for what we do not use, and the policy of the pages does not allow.
      onLog: (level, log, report) => EXPECTED.has(log.code) || report(level, log),
    },
  },
});
