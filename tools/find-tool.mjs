import { accessSync, constants, existsSync } from "node:fs";
import { delimiter, join } from "node:path";

/**
 * Programs that tests drive and that npm does not bring along: where to look for them, and how a person gets them.
 *
 * @typedef {object} Tool
 * @property {string} variable environment variable that names the program, before any search
 * @property {readonly string[]} names file names to look for on PATH
 * @property {readonly string[]} places absolute paths of usual installations outside PATH
 * @property {string} apt Debian package
 * @property {string} howTo one line for people
 */

/** @type {Readonly<Record<"chromium" | "redis-server" | "postgres", Tool>>} */
export const TOOLS = {
  chromium: {
    variable: "CHROMIUM_PATH",
    names: ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"],
    places: [
      "/Applications/Chromium.app/Contents/MacOS/Chromium",
      "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
      "C:\\Program Files\\Google\\Chrome\\Application\\chrome.exe",
      "C:\\Program Files (x86)\\Google\\Chrome\\Application\\chrome.exe",
      "C:\\Program Files (x86)\\Microsoft\\Edge\\Application\\msedge.exe",
    ],
    apt: "chromium",
    howTo:
      "Debian: apt-get install chromium · macOS: brew install --cask google-chrome · " +
      "Windows: winget install Google.Chrome · or name one in CHROMIUM_PATH",
  },
  "redis-server": {
    variable: "REDIS_SERVER_PATH",
    names: ["redis-server"],
    places: ["/opt/homebrew/bin/redis-server", "/usr/local/bin/redis-server"],
    apt: "redis-server",
    howTo:
      "Debian: apt-get install redis-server · macOS: brew install redis · " +
      "Windows: in WSL, as on Debian · or name one in REDIS_SERVER_PATH",
  },
  // The server itself; the programs that set it up and start it lie beside it.
  postgres: {
    variable: "POSTGRES_PATH",
    names: ["postgres"],
    places: [
      // Debian puts none of it on PATH.
      ...[18, 17, 16, 15, 14, 13].map((version) => `/usr/lib/postgresql/${version}/bin/postgres`),
      "/opt/homebrew/opt/postgresql@17/bin/postgres",
      "/usr/local/opt/postgresql@17/bin/postgres",
    ],
    apt: "postgresql",
    howTo:
      "Debian: apt-get install postgresql · macOS: brew install postgresql@17 · " +
      "Windows: in WSL, as on Debian · or name one in POSTGRES_PATH",
  },
};

/** @typedef {keyof typeof TOOLS} ToolName */

/**
 * The absolute path of a program, or null when the machine lacks it.
 *
 * @param {ToolName} name
 * @returns {string | null}
 */
export function findTool(name) {
  const tool = TOOLS[name];
  const named = process.env[tool.variable];
  if (named !== undefined && named !== "") return existsSync(named) ? named : null;
  return (
    tool.names.map(findOnPath).find((path) => path !== null) ?? tool.places.find((path) => existsSync(path)) ?? null
  );
}

/**
 * @param {string} program file name without extension
 * @returns {string | null}
 */
export function findOnPath(program) {
  const extensions = process.platform === "win32" ? (process.env["PATHEXT"] ?? ".EXE;.CMD").split(";") : [""];
  for (const folder of (process.env["PATH"] ?? "").split(delimiter)) {
    if (folder === "") continue;
    for (const extension of extensions) {
      const path = join(folder, program + extension);
      if (isExecutable(path)) return path;
    }
  }
  return null;
}

/** @param {string} path */
function isExecutable(path) {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
