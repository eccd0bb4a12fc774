import assert from "node:assert/strict";
import { mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { describe, test } from "node:test";
import { root } from "../../tools/setup.mjs";
import { compileFiles, compileText, SETTINGS, type CompilerOptions, type Setting } from "./compiler.ts";
import { consumer } from "./consumer.ts";

const TYPES = join(root, "tests/types");

/** What each file of tests/types/rows says, and the rows of the API that it proves. Upstream's packages pass them as well. */
const ROWS = {
  "server-untyped": "a server without an events map takes and gives anything (T-12, T-14, T-17 to T-21)",
  "server-typed": "an events map names the events and their arguments, each way (T-12, T-14, T-20, T-22 to T-25)",
  acks: "one receiver's answer has the types of the callback, after an Error if there is a timeout (T-28, T-30, T-31, T-34)",
  "broadcast-acks": "the answers of many receivers are an array of first values (T-26, T-27, T-29)",
  "inter-server": "events between servers have a map of their own (T-32)",
  data: "the data of a socket has its type wherever it shows (T-12)",
  adapters: "adapters and options are checked where a server is made (T-15, T-16, T-33)",
  client: "the client's events, options and promises have types (T-13, T-35 to T-40)",
  "exported-names": "each package exports its values and types by name (T-1 to T-6, T-9, S-3)",
  "adapter-names": "adapters of other packages find the classes and types of messages (T-7)",
  downstream: "code of packages and applications around ours compiles (D-1, D-2, T-2)",
  "downstream-engine": "what applications do with a server's engine compiles (D-10, D-19)",
  "downstream-client": "what applications do with a client's options and Manager compiles (C-60, C-62)",
};

/** The same for tests/types/ours, where upstream's types say less, or something untrue. */
const OURS = {
  promises: "what the client's emitWithAck promises is the callback's first value, with a timeout too (T-40)",
  "component-emitter":
    "emitters and their types of events are assignable to and from those of @socket.io/component-emitter (T-8)",
  redis: "adapters and emitters over Redis, their options and events have types (T-10)",
  wider: "data of namespaces, answers of emit and sources of connections are typed as well",
};

/** Files that some settings alone can compile: they name paths that `exports` closes, or leave parameters without a type. */
const LENIENT = {
  "deep-types": "helper types are at their paths and do what their names say (T-11, T-14, X-13)",
  "client-untyped-callback": "the callback of an untyped event takes any parameters (T-37)",
};

/** The files whose assertions are to fail. */
const UNTRUE = "untrue";

describe("types, row by row", () => {
  for (const compiler of ["5.9", "7"] as const) {
    const settings = [strict(compiler, "import"), lenient(compiler)];
    // What TypeScript 5.9 finds in the lenient setting are the types for `require`.
    if (compiler === "7") settings.push(strict(compiler, "require"));

    for (const [file, says] of Object.entries({ ...ROWS, ...OURS })) {
      test(`TypeScript ${compiler}: ${says}`, async () => {
        const { folder } = await consumer();
        for (const setting of settings) {
          assert.equal(about(file, await complaints(folder, setting)), "");
        }
      });
    }

    for (const [file, says] of Object.entries(LENIENT)) {
      test(`TypeScript ${compiler}: ${says}`, async () => {
        const { folder } = await consumer();
        assert.equal(about(file, await complaints(folder, lenient(compiler))), "");
      });
    }

    test(`TypeScript ${compiler}: an untrue assertion about types does not compile`, async () => {
      const { folder } = await consumer();
      const untrue = read(UNTRUE)
        .split("\n")
        .flatMap((line, at) => (/^(typeOf|same|assignable)\b/.test(line) ? [`${at + 1}`] : []));
      const output = about(UNTRUE, await complaints(folder, strict(compiler, "import")));
      const refused = [...output.matchAll(/^untrue\.mts\((\d+),/gm)].map(([, line]) => line);
      assert.deepEqual([...new Set(refused)], untrue);
    });

    test(`TypeScript ${compiler}: upstream's packages say the same of every row that is theirs`, async () => {
      const setting = lenient(compiler);
      // Not all of their own d.ts files pass a strict check.
      const options = { ...optionsOf(setting), skipLibCheck: true };
      const files = textsOf([...Object.keys(ROWS), ...Object.keys(LENIENT)]);
      assert.equal(await compileFiles(await upstream(), files, setting, options), "");
    });

    test(`TypeScript ${compiler}: @types/socket.io and @types/socket.io-client left over do no harm (D-18)`, async () => {
      // Without "types", older compilers load every package of @types.
      assert.equal(await compileText(await withStubs(), read("small-server"), strict(compiler, "import")), "");
    });
  }

  test("every file of tests/types/rows and tests/types/ours is compiled", () => {
    assert.deepEqual(filesIn("rows"), [...Object.keys(ROWS), ...Object.keys(LENIENT)].sort());
    assert.deepEqual(filesIn("ours"), Object.keys(OURS).sort());
  });
});

function strict(compiler: Setting["compiler"], by: "import" | "require"): Setting {
  return SETTINGS[`TypeScript ${compiler}, node16 ${by}`];
}

/** Here packages have no closed paths: old resolution doesn't look at `exports`, newer compilers are told where the folders are. */
function lenient(compiler: Setting["compiler"]): Setting {
  return compiler === "5.9" ? SETTINGS["TypeScript 5.9, node10"] : SETTINGS["TypeScript 7, bundler"];
}

function optionsOf({ compiler, resolution }: Setting): CompilerOptions {
  const options: CompilerOptions = { lib: ["es2022"], types: ["node"] };
  if (resolution === "node16") return options;
  // As seen from the files, two folders below the application.
  const paths = {
    "socket.io/dist/*": ["../../node_modules/socket.io/dist/*"],
    "socket.io-client/build/*": ["../../node_modules/socket.io-client/build/*"],
  };
  return { ...options, noImplicitAny: false, ...(compiler === "7" && { paths }) };
}

/** What a compiler says of all the files with our packages. Once for each setting: the tests ask for their part of it. */
function complaints(home: string, setting: Setting): Promise<string> {
  let output = said.get(setting);
  if (output === undefined) {
    const files = [...Object.keys(ROWS), ...Object.keys(OURS), UNTRUE];
    if (setting.resolution !== "node16") files.push(...Object.keys(LENIENT));
    output = compileFiles(home, textsOf(files), setting, optionsOf(setting));
    said.set(setting, output);
  }
  return output;
}

const said = new Map<Setting, Promise<string>>();

/** The part that is about one file, or about none of ours. */
function about(file: string, output: string): string {
  const messages = output.split(/^(?=\S)/m);
  const ours = (message: string): boolean => /^[\w-]+\.[mc]?ts\(/.test(message);
  return messages.filter((message) => !ours(message) || message.startsWith(`${file}.`)).join("");
}

const filesIn = (folder: string): string[] =>
  readdirSync(join(TYPES, folder))
    .map((file) => basename(file, ".ts"))
    .sort();

function textsOf(files: readonly string[]): Record<string, string> {
  return Object.fromEntries([["exact.d.ts", read("exact.d")], ...files.map((file) => [file, read(file)])]);
}

function read(file: string): string {
  const folder = file in ROWS || file in LENIENT ? "rows" : file in OURS ? "ours" : ".";
  return readFileSync(join(TYPES, folder, `${file}.ts`), "utf8");
}

/** An application with upstream's packages. */
async function upstream(): Promise<string> {
  return (theirs ??= neighbour("upstream", (home) =>
    link(join(root, "peers/node_modules"), join(home, "node_modules")),
  ));
}

/** An application that has our packages, and what is left of the times when types were packages of their own: names without types. */
async function withStubs(): Promise<string> {
  const { folder } = await consumer();
  return (stale ??= neighbour("stale", (home) => {
    for (const name of [...MAIN_PACKAGES, ...readdirSync(join(folder, "node_modules/@types"), "utf8").map(typesOf)]) {
      link(join(folder, "node_modules", name), join(home, "node_modules", name));
    }
    for (const name of MAIN_PACKAGES) {
      const stub = join(home, "node_modules", typesOf(name));
      const manifest = {
        name: typesOf(name),
        version: "3.0.2",
        typings: null,
        main: "",
        dependencies: { [name]: "*" },
      };
      mkdirSync(stub);
      writeFileSync(join(stub, "package.json"), JSON.stringify(manifest));
    }
  }));
}

const MAIN_PACKAGES = ["socket.io", "socket.io-client"];
const typesOf = (name: string): string => `@types/${name}`;

let theirs: Promise<string> | undefined;
let stale: Promise<string> | undefined;

/** A folder beside the application, which goes when it goes. */
async function neighbour(name: string, fill: (home: string) => void): Promise<string> {
  const { folder } = await consumer();
  const home = join(folder, "..", name);
  mkdirSync(home);
  fill(home);
  return home;
}

function link(target: string, path: string): void {
  mkdirSync(dirname(path), { recursive: true });
  symlinkSync(target, path, "junction");
}
