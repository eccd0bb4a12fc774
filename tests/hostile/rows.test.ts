import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../..", import.meta.url));

/**
 * A row of the list of attacks: the tests that stand for it, by file and beginning of the title, and the releases that fall by them.
 * Without a release a fault was planted in ours, which the comment above the test tells.
 */
interface Row {
  readonly tests: readonly (readonly [file: string, title: string])[];
  readonly falls?: readonly string[];
}

const row = (file: string, title: string, ...falls: string[]): Row => ({ tests: [[file, title]], falls });
const planted = (...tests: Row["tests"]): Row => ({ tests });

/** Advisories, and what was mended without one. */
const PUBLISHED: Record<string, Row> = {
  "CVE-2017-16031": planted(["handshakes", "ids have 120 random bits"]),
  "CVE-2020-28481": planted(
    ["handshakes", "no origin is allowed unless"],
    ["handshakes", "allowRequest is asked for WebSockets as well"],
  ),
  "CVE-2024-38355": row("names", "an event by the name of error", "socket.io 4.6.1"),
  "CVE-2024-38355, all reserved names": planted(["names", "reserved names of events never reach"]),
  "CVE-2020-36048": planted(
    ["requests", "a body without an announced length"],
    ["requests", "a payload of half a million packets"],
  ),
  "CVE-2022-21676": row("handshakes", "a broken frame in the segment of the upgrade", "engine.io 6.1.0"),
  "CVE-2022-41940": planted(
    ["handshakes", "a foreign upgrade that is reset"],
    ["handshakes", "foreign upgrades are ended by a timer"],
  ),
  "CVE-2023-31125": row("handshakes", "names of object members as transport", "engine.io 6.4.1"),
  "CVE-2026-59725": row("requests", "10,000 posts of application/octet-stream", "engine.io 6.6.6"),
  "engine.io 6.6.7: first packet of WebTransport": row(
    "webtransport",
    "sessions of WebTransport that begin with garbage",
    "engine.io 6.6.6",
  ),
  "engine.io 6.6.7: middlewares and WebTransport": row(
    "webtransport",
    "middlewares are asked for WebTransport",
    "engine.io 6.6.6",
  ),
  "engine.io 6.6.8: failed handshake of WebTransport": row(
    "webtransport",
    "sessions of WebTransport that end before",
    "engine.io 6.6.7",
  ),
  "engine.io 6.6.10: another revision": row("handshakes", "a later request of a session claims", "engine.io 6.6.9"),
  "engine.io 6.6.12: middlewares": row("handshakes", "a middleware that throws, rejects", "engine.io 6.6.11"),
  "CVE-2020-36049": planted(["parser", "megabytes of digits, names and dashes"]),
  "CVE-2022-2421": row("parser", "a placeholder with a number that is no index", "socket.io-parser 4.2.0"),
  "CVE-2023-32695": row("parser", "a name of an event that has no primitive value", "socket.io-parser 4.2.2"),
  "CVE-2026-33151, count": row("parser", "a packet that announces millions of attachments", "socket.io-parser 4.2.5"),
  "CVE-2026-33151, bytes": row("floods", "incomplete packets of", "socket.io 4.8.4"),
  "CVE-2026-33151, time": row("floods", "a packet of which no byte comes", "socket.io 4.8.4"),
  "CVE-2026-69185": row("parser", "a packet that announces no attachments", "socket.io-parser 4.2.6"),
  "CVE-2016-10536": planted(["client", ": a certificate that nobody vouches for is refused"]),
  "CVE-2021-31597, CVE-2020-28502": planted(
    ["parser", "nothing reads JSON but the language itself"],
    ["client", ": a certificate that nobody vouches for is refused"],
  ),
  "CVE-2017-16113": planted(["parser", "nothing reads JSON but the language itself"]),
  "CVE-2016-10518, CVE-2016-10542, GHSA-5v72-xg48-5rpm, CVE-2021-32640": planted([
    "frames",
    "pings, sizes, extensions and protocols",
  ]),
  "CVE-2024-37890": row("frames", "an upgrade with more headers than the server counts", "ws 8.17.0"),
  "CVE-2026-45736": row("frames", "close with a typed array as reason", "ws 8.20.0"),
  "CVE-2026-48779, ws#2331": row("frames", "a message in endless fragments", "ws 8.20.1", "ws 8.21.0"),
  "ws 8.23.0: pings": row("frames", "a flood of pings from a peer that does not read", "ws 8.22.2", "engine.io 6.6.12"),
  "ws 8.22.2: slab": row("frames", "idle connections hold nothing", "ws 8.22.1"),
  "CVE-2024-47764": planted(["handshakes", "a cookie whose name or path would add attributes"]),
  "hardening: cookies": row("client-faults", "a cookie with `Max-Age=0`", "engine.io-client 6.6.7"),
  "hardening: queries": row("client-faults", "a value of the query goes on", "engine.io-client 6.6.7"),
  "hardening: prototypes": planted(["parser", "a __proto__ in a packet changes no prototype"]),
  "hardening: regular expressions": row("hardening", "a regular expression that remembers", "socket.io 4.8.3"),
  "hardening: files": row("hardening", "whatever file of the client is asked for", "socket.io 4.8.3"),
  "own finding: CONNECTs": row("floods", "50,000 CONNECTs of one connection", "socket.io 4.8.4"),
  "own finding: a pid twice": row("recovery", "one private id redeemed twice", "socket.io 4.8.4"),
};

/** What has no advisory. */
const OTHERS: Record<string, Row> = {
  "slowloris, headers and bodies": planted(
    ["slow-requests", "requests that come a byte at a time"],
    ["slow-requests", "the server that listen() makes"],
    ["slow-requests", "a body that does not come to an end"],
  ),
  "slowloris, frames": planted(["slow-requests", "a WebSocket that says nothing, or a frame"]),
  "413, then more": planted(["requests", "a body without an announced length"]),
  "compressed answers": planted(["slow-requests", "answers that an attacker makes large"]),
  "compressed bodies": planted(["frames", "a body that says it is compressed"]),
  "upgrade probes": planted(["requests", "a flood of upgrade probes"]),
  "no CONNECT": planted(["names", "a connection that joins nothing"]),
  "JSON depth": planted(["parser", "nesting that fells those who walk it"]),
  "tiny packets": planted(["requests", "a payload of half a million packets"]),
  "long names": row("names", "names of namespaces and events of 900 kB", "socket.io 4.8.4"),
  "sid of another": planted(["handshakes", "the id of a session is a secret"]),
  "Redis: forged packets": planted(["../cluster/signing", "drop and count what is said a second time"]),
  CRLF: planted(["handshakes", "a header event that carries CRLF"]),
};

/** Weak points of 4.8.4 that were measured. */
const MEASURED: Record<string, Row> = {
  "200k emits": row("slow-readers", "200,000 events of 1 KB", "socket.io 4.8.4"),
  "half-open": row("recovery", "a client that comes back while its old connection", "socket.io 4.8.4"),
  "a pid twice": row("recovery", "one private id redeemed twice", "socket.io 4.8.4"),
  "wire order": row("client-faults", "what was missed and comes before CONNECT's answer", "socket.io-client 4.8.4"),
  CONNECTs: row("floods", "50,000 CONNECTs of one connection", "socket.io 4.8.4"),
  pings: row("frames", "a flood of pings from a peer that does not read", "engine.io 6.6.12"),
  "incomplete packets": row("floods", "incomplete packets of", "socket.io 4.8.4"),
  rejections: row("names", "a listener that rejects", "socket.io 4.8.4"),
  acknowledgements: row("names", "a peer that leaves 1,000 acknowledgements", "socket.io 4.8.4"),
  "offline emits": row("client-faults", "100,000 events while not connected", "socket.io-client 4.8.4"),
  "recovery log": row("recovery", "12,000 events of 10 KB", "socket.io 4.8.4"),
  jitter: row("client-faults", "clients that lost one server together", "socket.io-client 4.8.4"),
  "client goes deaf": row("client-faults", "an upgrade that dies after its probe", "engine.io-client 6.6.8"),
};

/** Rows that no test of ours can stand for, and why. */
const NONE: Record<string, string> = {
  "@socket.io/postgres-emitter 0.1.1": "we have no package that speaks SQL",
};

/** The 4.x release that a row is measured on, and the engines of its server and client. */
const NEWEST = ["socket.io 4.8.4", "engine.io 6.6.12", "socket.io-client 4.8.4", "engine.io-client 6.6.8"];

for (const [list, rows] of Object.entries({ PUBLISHED, OTHERS, MEASURED })) {
  for (const [name, { tests, falls = [] }] of Object.entries(rows)) {
    test(`${list.toLowerCase()}: ${name}`, () => {
      for (const [file, title] of tests) {
        const { comment, call } = find(file, title);
        if (falls.length === 0)
          assert.match(comment, /Seen to fail by /, `${title}: no fault is named that was planted`);
        for (const release of falls) assert.ok(runsAgainst(call, release), `${title}: not run against ${release}`);
      }
      if (list === "MEASURED") assert.ok(falls.some((release) => NEWEST.includes(release)));
    });
  }
}

test("the lists have all rows", () => {
  const rows = [PUBLISHED, OTHERS, MEASURED, NONE].map((list) => Object.keys(list).length);
  assert.deepEqual(rows, [38, 13, 13, 1]);
});

/** The call whose title begins so, and the comment above it. */
function find(file: string, title: string): { comment: string; call: string } {
  const source = readFileSync(join(root, "tests/hostile", `${file}.test.ts`), "utf8");
  const at = [`"${title}`, `\`${title}`, `}${title}`].map((text) => source.indexOf(text)).find((index) => index !== -1);
  assert.ok(at !== undefined, `no test "${title}" in ${file}`);
  const start = source.lastIndexOf("\n\n", at);
  const end = source.indexOf("\n\n", at);
  const block = source.slice(start, end === -1 ? source.length : end).trimStart();
  const [comment = ""] = /^(\/\/.*\n)*/.exec(block)!;
  return { comment, call: block.slice(comment.length) };
}

function runsAgainst(call: string, release: string): boolean {
  const [library, version] = release.split(" ") as [string, string];
  if (library === "ws") return call.includes(`withWs("${version}")`);
  if (library === "socket.io-parser") return call.includes(`["${version}"]`);
  return call.includes(`"${release}"`) || (call.startsWith("attack(") && release === "socket.io 4.8.4");
}
