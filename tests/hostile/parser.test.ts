import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { createRequire } from "node:module";
import { join } from "node:path";
import { test } from "node:test";
import { homes } from "../interop/implementations.ts";
import { memory, MIB } from "./attack.ts";
import { load } from "./load.ts";

type Parser = Pick<typeof import("socket.io-parser"), "Decoder" | "Encoder">;
type Decoder = InstanceType<Parser["Decoder"]>;

/** Ours refuses; the releases in which the fault was published do not, which shows that the test can fail. */
function published(title: string, versions: readonly string[], run: (decoder: () => Decoder) => unknown): void {
  test(`${title}: ours withstands`, async () => {
    await run(decoderOf("ours", "socket.io-parser"));
  });
  for (const version of versions) {
    test(`${title}: socket.io-parser ${version} does not`, async () => {
      await assert.rejects(async () => {
        await run(decoderOf("upstream", `socket.io-parser-${version}`));
      });
    });
  }
}

function decoderOf(maker: "ours" | "upstream", name: string): () => Decoder {
  const parser = load<Parser>(maker, name);
  return () => new parser.Decoder();
}

/** Packets that come out. */
function decoded(decoder: Decoder): unknown[] {
  const packets: unknown[] = [];
  decoder.on("decoded", (packet: unknown) => packets.push(packet));
  return packets;
}

/** Whether it throws, or what comes out of it is harmless. */
function refuses(decoder: Decoder, ...chunks: unknown[]): void {
  const packets = decoded(decoder);
  assert.throws(() => {
    for (const chunk of chunks) decoder.add(chunk);
  }, Error);
  assert.deepEqual(packets, []);
}

// CVE-2022-2421
published("a placeholder with a number that is no index", ["4.2.0"], (decoder) => {
  for (const num of ['"splice"', '"length"', '"__proto__"', "-1", "1", "1e9", "0.5", "null", "true", "[0]", "{}"]) {
    refuses(decoder(), `51-["x",{"_placeholder":true,"num":${num}}]`, Buffer.from([1]));
  }
});

// CVE-2023-32695
published("a name of an event that has no primitive value", ["4.2.2"], (decoder) => {
  for (const name of ['{"toString":1,"valueOf":1}', '{"toString":"x"}', "{}", "[]", "null", "true", '["x"]']) {
    refuses(decoder(), `2[${name},1]`);
  }
  refuses(decoder(), "2[]");
});

// CVE-2026-33151
published("a packet that announces millions of attachments", ["4.2.5"], (decoder) => {
  for (const count of ["11", "1000000", "99999999999", "9".repeat(400)]) refuses(decoder(), `5${count}-["x"]`);
});

// CVE-2026-69185
published("a packet that announces no attachments, and binary after it", ["4.2.6"], async (decoder) => {
  const armed = decoder();
  const before = await memory();
  for (const header of ['50-["x"]', "60-[]", '5-["x"]', '500-["x"]']) {
    try {
      armed.add(header);
    } catch {
      // Refused, as it should be.
    }
    for (let at = 0; at < 2000; at++) {
      try {
        armed.add(Buffer.alloc(10_000));
      } catch {
        // The same.
      }
    }
  }
  const growth = (await memory()) - before;
  assert.ok(growth < MIB, `${growth} bytes`);
  refuses(armed, Buffer.alloc(1));
});

const own = decoderOf("ours", "socket.io-parser");

// CVE-2020-36049, of 3.3 and 3.4. Seen to fail by digits that are gathered one by one, without an end.
test("megabytes of digits, names and dashes are refused in a heap that holds little more than them", () => {
  const program = `
    const { Decoder } = require("socket.io-parser");
    for (const [head, tail] of [["5", ""], ["2", '["x"]'], ["2/", ""], ["5-".repeat(1000), ""]]) {
      require("node:assert").throws(() => new Decoder().add(head + "1".repeat(8 * 1024 * 1024) + tail), /payload|attachments/);
    }`;
  const cwd = join(homes.ours, "socket.io-parser");
  const run = spawnSync(process.execPath, ["--max-old-space-size=48", "-e", program], { cwd, encoding: "utf8" });
  assert.equal(run.status, 0, run.stderr);
});

// Seen to fail by a MAX_DEPTH of a million.
test("nesting that fells those who walk it is refused", () => {
  for (const [open, close] of [
    ["[", "]"],
    ['{"a":', "}"],
    ['[{"a":', "}]"],
  ] as const) {
    const bomb = open.repeat(200_000) + "1" + close.repeat(200_000);
    refuses(own(), `2["x",${bomb}]`);
    refuses(own(), `0${open === "[" ? `{"a":${bomb}}` : bomb}`);
    refuses(own(), `51-["x",${bomb}]`, Buffer.alloc(1));
  }
});

// Seen to fail by JSON that is copied by assignment, whose setter is called.
test("a __proto__ in a packet changes no prototype", () => {
  const decoder = own();
  const packets = decoded(decoder) as { data: Record<string, unknown>[] }[];
  decoder.add('51-["x",{"__proto__":{"isAdmin":true,"b":{"_placeholder":true,"num":0}}}]');
  decoder.add(Buffer.from([1]));
  decoder.add('0{"__proto__":{"isAdmin":true}}');
  assert.equal(packets.length, 2);
  assert.equal(packets[0]!.data[1]!.isAdmin, undefined);
  assert.equal((packets[1]!.data as unknown as { isAdmin?: boolean }).isAdmin, undefined);
  assert.equal(({} as { isAdmin?: boolean }).isAdmin, undefined);
});

// CVE-2017-16113: a ReDoS of `parsejson`, which we do not have. Seen to fail by that dependency, and by `xmlhttprequest-ssl`.
test("nothing reads JSON but the language itself", () => {
  for (const name of ["engine.io", "engine.io-client", "engine.io-parser", "socket.io", "socket.io-parser"]) {
    const manifest = createRequire(import.meta.url)(join(homes.ours, name, "package.json")) as {
      dependencies?: Record<string, string>;
    };
    const names = Object.keys(manifest.dependencies ?? {});
    // CVE-2021-31597, CVE-2020-28502: certificates that are not checked, code that is injected.
    assert.deepEqual(
      names.filter((dependency) => /json(?!.*parser)|xmlhttprequest/.test(dependency)),
      [],
    );
  }
});
