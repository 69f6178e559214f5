// @ts-check
/** Gives Monaco its workers as files of this bundle: the policy allows no blob: workers. */
import EditorWorker from "monaco-editor/esm/vs/editor/editor.worker.js?worker";
import JsonWorker from "monaco-editor/esm/vs/language/json/json.worker.js?worker";
import GraphQLWorker from "monaco-graphql/esm/graphql.worker.js?worker";

const WORKERS = { json: JsonWorker, graphql: GraphQLWorker };

/** @type {any} */ (globalThis).MonacoEnvironment = {
  getWorker(/** @type {string} */ _id, /** @type {string} */ label) {
    const Worker = WORKERS[/** @type {keyof typeof WORKERS} */ (label)] ?? EditorWorker;
    return new Worker();
  },
};
