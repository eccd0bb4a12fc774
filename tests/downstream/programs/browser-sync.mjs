/** browser-sync before a folder of its own, or as a proxy of it, with its control panel. */
import browserSync from "browser-sync";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { serve } from "./program.mjs";

const folder = process.env.FOLDER;
const write = (name, text) => writeFileSync(join(folder, name), text);
write(
  "index.html",
  `<!doctype html><html><head><link rel="stylesheet" href="style.css"></head><body><p>first</p></body></html>`,
);
write("style.css", "p { color: rgb(1, 1, 1) }");

const [port, uiPort, proxyPort] = JSON.parse(process.env.PORTS);
const common = { host: "127.0.0.1", listen: "127.0.0.1", open: false, notify: false, logLevel: "silent" };

/** Up once its callback came. */
function up(bs, options) {
  return new Promise((resolve, reject) => {
    bs.init({ ...common, ...options }, (error) => (error ? reject(error) : resolve()));
  });
}

const site = browserSync.create("site");
const proxy = browserSync.create("proxy");
await up(site, { port, server: folder, ui: { port: uiPort } });
await up(proxy, { port: proxyPort, proxy: `127.0.0.1:${port}`, ui: false });
const watcher = site.watch("*", { cwd: folder, ignoreInitial: true });
watcher.on("change", (name) => site.reload(name));
await new Promise((resolve) => watcher.on("ready", resolve));

serve(
  ["browser-sync"],
  {
    write,
    isReassigned: () => site.sockets === site.instance.io.sockets && site.sockets.name,
    exit: async () => {
      await watcher.close();
      site.exit();
      proxy.exit();
      return site.active;
    },
  },
  {},
);
