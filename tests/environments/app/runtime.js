/* In Node, Bun or Deno: what `converse` gives for each list of transports, as JSON. Argument: the URL. */
import "./main.js";

const heard = [];
for (const transports of [["polling"], ["websocket"], ["polling", "websocket"]]) {
  heard.push(await globalThis.converse(process.argv[2], transports));
}
console.log(JSON.stringify(heard));
process.exit();
