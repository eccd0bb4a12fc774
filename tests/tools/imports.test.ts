import assert from "node:assert/strict";
import { test } from "node:test";
import { importFaults, sourceFile } from "../../tools/check-imports.ts";

const faults = (...files: [packageName: string, path: string, text: string][]): string[] =>
  importFaults(files.map(([packageName, path, text]) => sourceFile(packageName, path, text)));

test("imports that point down are sound", () => {
  assert.deepEqual(
    faults(
      ["socket.io", "server.ts", 'import { Server } from "engine.io"; import "./socket.js";'],
      ["socket.io", "socket.ts", 'import type { Server } from "./server.js"; import debug from "debug";'],
      ["socket.io-parser", "decoder.ts", 'import { Emitter } from "engine.io-parser/emitter";'],
    ),
    [],
  );
});

test("an import that points up or sideways is a fault", () => {
  assert.match(
    faults(["engine.io-parser", "a.ts", 'import "socket.io-parser";'])[0] ?? "",
    /may not import socket\.io-parser/,
  );
  assert.match(
    faults(["socket.io-parser", "a.ts", 'import "engine.io-parser";'])[0] ?? "",
    /may not import engine\.io-parser/,
  );
  assert.match(
    faults(["socket.io-client", "a.ts", 'export type T = import("socket.io").T;'])[0] ?? "",
    /may not import/,
  );
});

test("an import of something that is no dependency is a fault, types and what is required later included", () => {
  assert.match(
    faults(["engine.io", "a.ts", 'const later = () => require("express");'])[0] ?? "",
    /no dependency of engine\.io/,
  );
  assert.match(
    faults(["engine.io", "a.ts", 'import type { X } from "express";'])[0] ?? "",
    /no dependency of engine\.io/,
  );
});

test("protocol code that knows sockets or clocks is a fault, a comment about them is none", () => {
  assert.match(faults(["engine.io-parser", "a.ts", 'import net from "node:net";'])[0] ?? "", /imports node:net/);
  assert.match(faults(["engine.io-parser", "a.ts", "setTimeout(() => {}, 1);"])[0] ?? "", /uses setTimeout/);
  assert.match(faults(["socket.io-parser", "a.ts", "export const now = () => Date.now();"])[0] ?? "", /uses Date\.now/);
  assert.deepEqual(faults(["engine.io-parser", "a.ts", "// no setTimeout here\n/* nor Date.now */ export {};"]), []);
});

test("logic in an index.ts is a fault", () => {
  assert.deepEqual(
    faults(["socket.io", "index.ts", 'export * from "./a.js";\nexport { b as default } from "./b.js";']),
    [],
  );
  assert.match(
    faults(["socket.io", "index.ts", 'export * from "./a.js";\nexport const b = 1;'])[0] ?? "",
    /line 2 does more/,
  );
});

test("files that need each other at run time are a fault, through other files too", () => {
  const found = faults(
    ["socket.io", "a.ts", 'import "./b.js";'],
    ["socket.io", "b.ts", 'export * from "./c.js";'],
    ["socket.io", "c.ts", 'import { a } from "./a.js";'],
  );
  assert.deepEqual(found, [
    "files import each other: packages/socket.io/src/a.ts → packages/socket.io/src/b.ts → packages/socket.io/src/c.ts → packages/socket.io/src/a.ts",
  ]);
});
