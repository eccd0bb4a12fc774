/** What each package is built into. The build, the checks and the release read this one table. */
export interface PackageBuild {
  readonly name: string;
  /**
   * "node": one CommonJS file per source file (see {@link whole}), and an ES module wrapper over it.
   * "isomorphic": the same, plus ES modules for browsers and bundlers, and CommonJS files of the browsers' halves, for bundlers and
   * test runners that `require` them.
   */
  readonly kind: "node" | "isomorphic" | "manifest";
  /** Folder of the CommonJS files (and, for "node", of the types). */
  readonly cjs?: string;
  /**
   * Names of files, and entries whose CommonJS, with all that they need and no file before has, is in the file; those that paths name point to it. Each file
   * costs Node as much as a thousand lines. What none of these entries needs stays in files of its own.
   */
  readonly whole?: Readonly<Record<string, readonly string[]>>;
  /** Whether no path leads to other files than the one entry of {@link whole}: that is the file, then, and there are no others. */
  readonly closed?: boolean;
  /** Folder of the CommonJS files for browsers, without debug logs. */
  readonly cjsBrowser?: string;
  /** ES module folders, with or without debug logs. */
  readonly esm?: readonly { readonly dir: string; readonly debug: boolean }[];
  /** Thin ES modules over a CommonJS file, so that import and require give the same classes in Node. */
  readonly wrappers?: readonly {
    readonly file: string;
    readonly over: string;
    readonly types: string;
    readonly withDefault?: boolean;
  }[];
}

/**
 * Packages of which others of ours take all that they need by one name, which leads to `package.js`: each name is looked for in folders,
 * and each entry is a file more. So what these entries export has different names.
 */
export const INTERNAL: Readonly<Record<string, RegExp>> = {
  "engine.io-parser": /^engine\.io-parser(\/(session|emitter|websocket))?$/,
  "socket.io-parser": /^socket\.io-parser(\/(acks|events))?$/,
};

/** In the order in which they depend on each other. */
export const packages: readonly PackageBuild[] = [
  {
    name: "engine.io-parser",
    kind: "isomorphic",
    cjs: "build/cjs",
    whole: { package: ["index", "session/index", "emitter/index", "websocket/index"], "package-v3": ["v3/index"] },
    cjsBrowser: "build/cjs-browser",
    esm: [{ dir: "build/esm", debug: false }],
    wrappers: [
      { file: "build/esm/node.mjs", over: "build/cjs/index.js", types: "build/cjs/index.d.ts" },
      { file: "build/esm/session/node.mjs", over: "build/cjs/session/index.js", types: "build/cjs/session/index.d.ts" },
      { file: "build/esm/emitter/node.mjs", over: "build/cjs/emitter/index.js", types: "build/cjs/emitter/index.d.ts" },
      { file: "build/esm/v3/node.mjs", over: "build/cjs/v3/index.js", types: "build/cjs/v3/index.d.ts" },
      {
        file: "build/esm/websocket/node.mjs",
        over: "build/cjs/websocket/index.js",
        types: "build/cjs/websocket/index.d.ts",
      },
    ],
  },
  {
    name: "socket.io-parser",
    kind: "isomorphic",
    cjs: "build/cjs",
    whole: { package: ["index", "acks/index", "events/index"] },
    cjsBrowser: "build/cjs-browser",
    esm: [
      { dir: "build/esm", debug: false },
      { dir: "build/esm-debug", debug: true },
    ],
    wrappers: [
      { file: "build/esm-debug/node.mjs", over: "build/cjs/index.js", types: "build/cjs/index.d.ts" },
      { file: "build/esm-debug/acks/node.mjs", over: "build/cjs/acks/index.js", types: "build/cjs/acks/index.d.ts" },
      {
        file: "build/esm-debug/events/node.mjs",
        over: "build/cjs/events/index.js",
        types: "build/cjs/events/index.d.ts",
      },
    ],
  },
  { name: "socket.io-msgpack-parser", kind: "node", cjs: "build", whole: { package: ["index"] } },
  {
    name: "socket.io-adapter",
    kind: "node",
    cjs: "dist",
    whole: { memory: ["adapter"], package: ["index", "ipc/index"] },
  },
  {
    name: "engine.io",
    kind: "node",
    cjs: "build",
    whole: { package: ["engine.io"] },
    closed: true,
    wrappers: [{ file: "wrapper.mjs", over: "build/engine.io.js", types: "build/engine.io.d.ts" }],
  },
  {
    name: "engine.io-client",
    kind: "isomorphic",
    cjs: "build/cjs",
    cjsBrowser: "build/cjs-browser",
    esm: [
      { dir: "build/esm", debug: false },
      { dir: "build/esm-debug", debug: true },
    ],
    wrappers: [
      { file: "build/esm-debug/node.mjs", over: "build/cjs/index.js", types: "build/cjs/index.d.ts" },
      { file: "build/esm-debug/websocket-node.mjs", over: "build/cjs/websocket.js", types: "build/cjs/websocket.d.ts" },
    ],
  },
  {
    name: "socket.io-client",
    kind: "isomorphic",
    cjs: "build/cjs",
    cjsBrowser: "build/cjs-browser",
    esm: [
      { dir: "build/esm", debug: false },
      { dir: "build/esm-debug", debug: true },
    ],
    wrappers: [
      {
        file: "build/esm-debug/node.mjs",
        over: "build/cjs/index.js",
        types: "build/cjs/index.d.ts",
        withDefault: true,
      },
      { file: "build/esm-debug/websocket-node.mjs", over: "build/cjs/websocket.js", types: "build/cjs/websocket.d.ts" },
    ],
  },
  {
    name: "socket.io",
    kind: "node",
    cjs: "dist",
    whole: { package: ["index"] },
    wrappers: [
      { file: "wrapper.mjs", over: "dist/index.js", types: "dist/index.d.ts" },
      { file: "cluster.mjs", over: "dist/cluster.js", types: "dist/cluster.d.ts" },
    ],
  },
  { name: "socket.io-redis", kind: "node", cjs: "dist" },
];

/** Single files for script tags: built from the ES modules' sources, every dependency inside. */
export interface BundleBuild {
  readonly package: "engine.io-client" | "socket.io-client";
  readonly file: string;
  readonly entry: string;
  readonly format: "umd" | "esm";
  readonly globalName?: string;
  readonly minify: boolean;
  readonly debug: boolean;
  /** The package that takes the place of socket.io-parser. */
  readonly parser?: string;
}

export const bundles: readonly BundleBuild[] = [
  {
    package: "socket.io-client",
    file: "socket.io.js",
    entry: "src/browser-entry.ts",
    format: "umd",
    globalName: "io",
    minify: false,
    debug: true,
  },
  {
    package: "socket.io-client",
    file: "socket.io.min.js",
    entry: "src/browser-entry.ts",
    format: "umd",
    globalName: "io",
    minify: true,
    debug: false,
  },
  {
    package: "socket.io-client",
    file: "socket.io.esm.min.js",
    entry: "src/index.ts",
    format: "esm",
    minify: true,
    debug: false,
  },
  {
    package: "socket.io-client",
    file: "socket.io.msgpack.min.js",
    entry: "src/browser-entry.ts",
    format: "umd",
    globalName: "io",
    minify: true,
    debug: false,
    parser: "socket.io-msgpack-parser",
  },
  {
    package: "socket.io-client",
    file: "socket.io.websocket.esm.min.js",
    entry: "src/websocket.ts",
    format: "esm",
    minify: true,
    debug: false,
  },
  {
    package: "engine.io-client",
    file: "engine.io.js",
    entry: "src/browser-entry.ts",
    format: "umd",
    globalName: "eio",
    minify: false,
    debug: true,
  },
  {
    package: "engine.io-client",
    file: "engine.io.min.js",
    entry: "src/browser-entry.ts",
    format: "umd",
    globalName: "eio",
    minify: true,
    debug: false,
  },
  {
    package: "engine.io-client",
    file: "engine.io.esm.min.js",
    entry: "src/index.ts",
    format: "esm",
    minify: true,
    debug: false,
  },
];
