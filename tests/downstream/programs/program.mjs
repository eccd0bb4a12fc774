/**
 * What the programs have in common: they report what they run on, and do what the test asks them to. A program is a copy beside
 * node_modules of the installation, so what it imports is found there.
 */
import { createRequire } from "node:module";
import { existsSync, readFileSync, realpathSync } from "node:fs";
import { dirname, join } from "node:path";

const OURS = /^(socket|engine)\.io(-|$)/;
const require = createRequire(import.meta.url);

/**
 * Tells the test that the program is up, then answers its questions.
 *
 * @param {readonly string[]} dependents packages that load ours: what they find is reported
 * @param {Record<string, (...args: any[]) => unknown>} commands any: each command knows its arguments
 * @param {Record<string, unknown>} facts what the test needs to begin, such as the port
 */
export function serve(dependents, commands, facts) {
  process.on("message", ({ id, command, args }) => void answer(id, () => commands[command](...args)));
  process.on("disconnect", end);
  watchLimits();
  process.send({ ready: { facts, found: dependents.flatMap(foundBy), loaded: loaded() } });
}

/**
 * @param {number} id of the question
 * @param {() => unknown} work
 */
async function answer(id, work) {
  try {
    process.send({ id, value: await work() });
  } catch (error) {
    process.send({ id, error: error instanceof Error ? error.stack : String(error) });
  }
}

/** The test is gone: so is this process, with what it has started. */
function end() {
  try {
    process.kill(-process.pid, "SIGKILL");
  } catch {
    process.exit();
  }
}

/** Tells the test of each limit that a server reaches: by default none may in a program that does nothing wrong. */
function watchLimits() {
  for (const { folder } of loaded().filter(({ name }) => name === "engine.io")) {
    const { Server } = require(folder);
    const counters = Object.getPrototypeOf(new Server().limitsReached);
    const { count } = counters;
    counters.count = function (option) {
      process.send({ limit: option });
      count.call(this, option);
    };
  }
}

/** Which of our packages a package would get, by its own folder. */
function foundBy(dependent) {
  const folder = folderOf(dependent);
  const manifest = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
  const from = createRequire(join(folder, "package.json"));
  const names = Object.keys({ ...manifest.dependencies, ...manifest.peerDependencies }).filter((name) =>
    OURS.test(name),
  );
  // admin-ui names no socket.io among its dependencies, and is given one.
  return (names.length === 0 ? ["socket.io"] : names).map((name) => ({
    dependent,
    ...describe(from.resolve(name), name),
  }));
}

/** Our packages, and any of the same names, of which a file runs in this process. ES entries run over these files too. */
function loaded() {
  const byFolder = new Map();
  for (const file of Object.keys(require.cache)) {
    const name = /[\\/]node_modules[\\/]([^\\/]+)[\\/](?!.*[\\/]node_modules[\\/])/.exec(file)?.[1];
    if (name === undefined || !OURS.test(name)) continue;
    const found = describe(file, name);
    byFolder.set(found.folder, found);
  }
  return [...byFolder.values()];
}

function describe(file, name) {
  for (let folder = dirname(realpathSync(file)); folder !== dirname(folder); folder = dirname(folder)) {
    const path = join(folder, "package.json");
    if (!existsSync(path)) continue;
    const manifest = JSON.parse(readFileSync(path, "utf8"));
    if (manifest.name === name) return { name, version: manifest.version, folder };
  }
  throw new Error(`no package.json of ${name} above ${file}`);
}

function folderOf(name) {
  const place = require.resolve.paths(name).find((path) => existsSync(join(path, name, "package.json")));
  if (place === undefined) throw new Error(`${name} is not installed`);
  return realpathSync(join(place, name));
}
