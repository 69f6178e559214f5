// Prints a query as a program, as the pane of GraphiQL does: node exported.mjs LANGUAGE, asked on stdin.
import { text } from "node:stream/consumers";
import { PROGRAMS } from "../../frontend/src/graphiql/programs.js";

const { asked, place } = JSON.parse(await text(process.stdin));
const { print } = PROGRAMS.find(({ id }) => id === process.argv[2]);
process.stdout.write(print(asked, place));
