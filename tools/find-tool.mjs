import { spawnSync } from "node:child_process";
import { accessSync, constants, existsSync } from "node:fs";
import { delimiter, join } from "node:path";

/**
 * Programs that tests drive and that npm does not bring along: where to look for them, and how a person gets them.
 *
 * @typedef {object} Tool
 * @property {string} variable environment variable that names the program, before any search
 * @property {readonly string[]} names file names to look for on PATH
 * @property {readonly string[]} places absolute paths of usual installations outside PATH
 * @property {readonly string[]} apt Debian packages
 * @property {string} howTo one line for people
 * @property {readonly string[]} [proof] arguments with which the program ends well only if it has what the tests need
 */

/** @type {Readonly<Record<"chromium" | "firefox" | "redis-server" | "postgres" | "nginx" | "haproxy" | "python-socketio", Tool>>} */
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
    apt: ["chromium"],
    howTo:
      "Debian: apt-get install chromium · macOS: brew install --cask google-chrome · " +
      "Windows: winget install Google.Chrome · or name one in CHROMIUM_PATH",
  },
  firefox: {
    variable: "FIREFOX_PATH",
    names: ["firefox-esr", "firefox"],
    places: ["/Applications/Firefox.app/Contents/MacOS/firefox", "C:\\Program Files\\Mozilla Firefox\\firefox.exe"],
    apt: ["firefox-esr"],
    howTo:
      "Debian: apt-get install firefox-esr · macOS: brew install --cask firefox · " +
      "Windows: winget install Mozilla.Firefox · or name one in FIREFOX_PATH",
  },
  "redis-server": {
    variable: "REDIS_SERVER_PATH",
    names: ["redis-server"],
    places: ["/opt/homebrew/bin/redis-server", "/usr/local/bin/redis-server"],
    apt: ["redis-server"],
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
    apt: ["postgresql"],
    howTo:
      "Debian: apt-get install postgresql · macOS: brew install postgresql@17 · " +
      "Windows: in WSL, as on Debian · or name one in POSTGRES_PATH",
  },
  nginx: {
    variable: "NGINX_PATH",
    names: ["nginx"],
    // Only root has the first on PATH.
    places: ["/usr/sbin/nginx", "/opt/homebrew/bin/nginx", "/usr/local/bin/nginx"],
    apt: ["nginx"],
    howTo:
      "Debian: apt-get install nginx · macOS: brew install nginx · " +
      "Windows: in WSL, as on Debian · or name one in NGINX_PATH",
  },
  haproxy: {
    variable: "HAPROXY_PATH",
    names: ["haproxy"],
    places: ["/usr/sbin/haproxy", "/opt/homebrew/bin/haproxy", "/usr/local/bin/haproxy"],
    apt: ["haproxy"],
    howTo:
      "Debian: apt-get install haproxy · macOS: brew install haproxy · " +
      "Windows: in WSL, as on Debian · or name one in HAPROXY_PATH",
  },
  // A Python that has python-socketio and what its server and its client run on.
  "python-socketio": {
    variable: "PYTHON_SOCKETIO_PATH",
    names: ["python3"],
    // Debian's packages are seen by Debian's Python alone; PATH may begin with another one.
    places: ["/usr/bin/python3"],
    apt: ["python3-socketio", "python3-aiohttp", "python3-requests", "python3-websocket"],
    howTo:
      "Debian: apt-get install python3-socketio python3-aiohttp python3-requests python3-websocket · " +
      "elsewhere: pip install python-socketio aiohttp requests websocket-client, and the Python in PYTHON_SOCKETIO_PATH",
    proof: ["-c", "import socketio, aiohttp, requests, websocket"],
  },
};

/** @typedef {keyof typeof TOOLS} ToolName */

export const TOOL_NAMES = /** @type {readonly ToolName[]} */ (Object.keys(TOOLS));

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
  const found = [...tool.names.map(findOnPath), ...tool.places.filter((path) => existsSync(path))];
  return found.find((path) => path !== null && suits(path, tool.proof)) ?? null;
}

/**
 * @param {string} path
 * @param {readonly string[]} [proof]
 */
function suits(path, proof) {
  return proof === undefined || spawnSync(path, proof, { stdio: "ignore" }).status === 0;
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
