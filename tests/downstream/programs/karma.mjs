/** The Karma test runner with one test in Chromium. The test is in karma-case.js, which is its own small framework. */
import karma from "karma";
import { createRequire } from "node:module";
import { serve } from "./program.mjs";

const require = createRequire(import.meta.url);
const flags = JSON.parse(process.env.CHROME_FLAGS);

const config = await karma.config.parseConfig(
  null,
  {
    basePath: import.meta.dirname,
    files: ["karma-case.js"],
    hostname: "127.0.0.1",
    listenAddress: "127.0.0.1",
    port: Number(process.env.KARMA_PORT),
    browsers: ["Chromium"],
    customLaunchers: { Chromium: { base: "ChromeHeadless", flags } },
    plugins: [require("karma-chrome-launcher"), { "reporter:facts": ["type", Facts] }],
    reporters: ["facts"],
    autoWatch: true,
    singleRun: false,
    logLevel: karma.constants.LOG_WARN,
  },
  { promiseConfig: true, throwErrors: true },
);

const runs = [];
const waiting = [];
/** Each run: what the test in the page said. */
function Facts() {
  let results = [];
  // Karma calls the cut line between the runs an error.
  this.onRunStart = () => (results = []);
  this.onSpecComplete = (browser, { success, log, description }) => results.push({ success, log, description });
  this.onBrowserError = (browser, error) =>
    results.push({ success: false, log: [String(error)], description: "error" });
  this.onRunComplete = (browsers, { exitCode, success, failed, disconnected }) => {
    runs.push({ results, exitCode, success, failed, disconnected });
    waiting.splice(0).forEach((look) => look());
  };
  this.adapters = [];
}

let exitCode = null;
const server = new karma.Server(config, (code) => {
  exitCode = code;
  waiting.splice(0).forEach((look) => look());
});

const when = (condition) =>
  new Promise((resolve) => {
    const look = () => (condition() ? resolve() : waiting.push(look));
    look();
  });

serve(
  ["karma"],
  {
    start: () => server.start(),
    run: async (number) => {
      await when(() => runs.length > number);
      return runs[number];
    },
    /** Cuts the line to the page, and resolves with what the page says when it is back. Karma runs the test then. */
    cut: () =>
      new Promise((resolve) => {
        const io = server.get("socketServer");
        io.sockets.once("connection", (socket) => socket.once("register", resolve));
        for (const socket of io.sockets.sockets.values()) socket.conn.transport.socket.terminate();
      }),
    stop: async () => {
      await server.stop();
      await when(() => exitCode !== null);
      return exitCode;
    },
  },
  {},
);
