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

/** @type {Readonly<Record<"chromium" | "redis-server", Tool>>} */
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
  // For the adapters, which come next: a machine that is set up now is set up for them.
  "redis-server": {
    variable: "REDIS_SERVER_PATH",
    names: ["redis-server"],
    places: ["/opt/homebrew/bin/redis-server", "/usr/local/bin/redis-server"],
    apt: "redis-server",
    howTo:
      "Debian: apt-get install redis-server · macOS: brew install redis · " +
      "Windows: in WSL, as on Debian · or name one in REDIS_SERVER_PATH",
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
