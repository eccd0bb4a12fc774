import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../..", import.meta.url));
const HERE = "tests/hostile";
const WEBTRANSPORT = "packages/engine.io/test/webtransport.test.ts";
const LOG = "packages/socket.io-adapter/test/recovery-log.test.ts";

/** File and beginning of the title of a test; for those outside of this folder, which make no port of their own. */
type Proof = readonly [file: string, title: string];

/** Every known fault of such a server, and every weak point of 4.8.4 that was measured, with the tests that stand for it. */
const ROWS: Record<string, readonly Proof[]> = {
  "CVE-2017-16031": [[`${HERE}/handshakes.test.ts`, "ids have 120 random bits"]],
  "CVE-2020-28481": [
    [`${HERE}/handshakes.test.ts`, "no origin is allowed unless"],
    [`${HERE}/handshakes.test.ts`, "allowRequest is asked for WebSockets as well"],
  ],
  "CVE-2024-38355": [
    [`${HERE}/names.test.ts`, "an event by the name of error"],
    [`${HERE}/names.test.ts`, "reserved names of events never reach"],
  ],
  "CVE-2020-36048": [
    [`${HERE}/requests.test.ts`, "a body without an announced length"],
    [`${HERE}/requests.test.ts`, "a payload of half a million packets"],
  ],
  "CVE-2022-21676": [[`${HERE}/handshakes.test.ts`, "a broken frame in the segment of the upgrade"]],
  "CVE-2022-41940": [
    [`${HERE}/handshakes.test.ts`, "a foreign upgrade that is reset"],
    [`${HERE}/handshakes.test.ts`, "foreign upgrades are ended by a timer"],
  ],
  "CVE-2023-31125": [[`${HERE}/handshakes.test.ts`, "names of object members as transport"]],
  "CVE-2026-59725": [[`${HERE}/requests.test.ts`, "200 posts of application/octet-stream"]],
  "engine.io 6.6.7: first packet of WebTransport": [
    [WEBTRANSPORT, "whatever bytes come, however they are cut"],
    [WEBTRANSPORT, "one that fails, rejects, ends the response"],
  ],
  "engine.io 6.6.8: failed handshake of WebTransport": [
    [WEBTRANSPORT, "the stream does not come within upgradeTimeout"],
  ],
  "engine.io 6.6.10: another revision": [[`${HERE}/handshakes.test.ts`, "a later request of a session claims"]],
  "engine.io 6.6.12: middlewares": [[`${HERE}/handshakes.test.ts`, "a middleware that throws, rejects"]],
  "CVE-2020-36049": [[`${HERE}/parser.test.ts`, "megabytes of digits, names and dashes"]],
  "CVE-2022-2421": [[`${HERE}/parser.test.ts`, "a placeholder with a number that is no index"]],
  "CVE-2023-32695": [[`${HERE}/parser.test.ts`, "a name of an event that has no primitive value"]],
  "CVE-2026-33151": [
    [`${HERE}/parser.test.ts`, "a packet that announces millions of attachments"],
    [`${HERE}/floods.test.ts`, "incomplete packets of"],
    ["packages/socket.io/test/limits.test.ts", "a packet of which no byte comes for incompletePacketTimeout"],
  ],
  "CVE-2026-69185": [[`${HERE}/parser.test.ts`, "a packet that announces no attachments"]],
  "CVE-2016-10536": [[`${HERE}/client.test.ts`, "a certificate that nobody vouches for is refused"]],
  "CVE-2021-31597, CVE-2020-28502": [
    [`${HERE}/parser.test.ts`, "nothing reads JSON but the language itself"],
    [`${HERE}/client.test.ts`, "a certificate that nobody vouches for is refused"],
  ],
  "CVE-2017-16113": [[`${HERE}/parser.test.ts`, "nothing reads JSON but the language itself"]],
  "CVE-2016-10518, CVE-2016-10542, GHSA-5v72-xg48-5rpm, CVE-2021-32640": [
    [`${HERE}/frames.test.ts`, "pings, sizes, extensions and protocols"],
  ],
  "CVE-2024-37890": [[`${HERE}/frames.test.ts`, "an upgrade with more headers than the server counts"]],
  "CVE-2026-45736": [[`${HERE}/frames.test.ts`, "close with a typed array as reason"]],
  "CVE-2026-48779, ws#2331": [[`${HERE}/frames.test.ts`, "a message in endless fragments"]],
  "ws 8.23.0: pings": [[`${HERE}/frames.test.ts`, "a flood of pings from a peer that does not read"]],
  "ws 8.22.2: slab": [[`${HERE}/frames.test.ts`, "idle connections hold nothing"]],
  "CVE-2024-47764": [[`${HERE}/handshakes.test.ts`, "a cookie whose name or path would add attributes"]],
  "hardening: prototypes, regular expressions, files": [
    [`${HERE}/parser.test.ts`, "a __proto__ in a packet changes no prototype"],
    ["packages/socket.io/test/namespaces.test.ts", "stateful regular expressions are refused"],
    ["packages/socket.io/test/static-client.test.ts", "only the files of the table are served"],
  ],
  "own finding: CONNECTs": [[`${HERE}/floods.test.ts`, "50,000 CONNECTs of one connection"]],
  "own finding: a pid twice": [[`${HERE}/recovery.test.ts`, "one private id redeemed twice"]],
  "no CVE: 413, then more": [[`${HERE}/requests.test.ts`, "a body without an announced length"]],
  "no CVE: compressed bodies": [[`${HERE}/frames.test.ts`, "a body that says it is compressed"]],
  "no CVE: upgrade probes": [[`${HERE}/requests.test.ts`, "a flood of upgrade probes"]],
  "no CVE: no CONNECT": [[`${HERE}/names.test.ts`, "a connection that joins nothing"]],
  "no CVE: JSON depth": [[`${HERE}/parser.test.ts`, "nesting that fells those who walk it"]],
  "no CVE: tiny packets": [[`${HERE}/requests.test.ts`, "a payload of half a million packets"]],
  "no CVE: long names": [[`${HERE}/names.test.ts`, "names of namespaces and events of 900 kB"]],
  "no CVE: sid of another": [[`${HERE}/handshakes.test.ts`, "the id of a session is a secret"]],
  "no CVE: CRLF": [[`${HERE}/handshakes.test.ts`, "a header event that carries CRLF"]],
  "4.8.4: 200k emits": [[`${HERE}/slow-readers.test.ts`, "200,000 events of 1 KB"]],
  "4.8.4: half-open": [[`${HERE}/recovery.test.ts`, "a client that comes back while its old connection"]],
  "4.8.4: a pid twice": [[`${HERE}/recovery.test.ts`, "one private id redeemed twice"]],
  "4.8.4: wire order": [
    ["packages/socket.io-client/test/socket.test.ts", "what was missed is delivered once, whether"],
  ],
  "4.8.4: CONNECTs": [[`${HERE}/floods.test.ts`, "50,000 CONNECTs of one connection"]],
  "4.8.4: pings": [[`${HERE}/frames.test.ts`, "a flood of pings from a peer that does not read"]],
  "4.8.4: incomplete packets": [[`${HERE}/floods.test.ts`, "incomplete packets of"]],
  "4.8.4: rejections": [[`${HERE}/names.test.ts`, "a listener that rejects"]],
  "4.8.4: acknowledgements": [[`${HERE}/names.test.ts`, "a peer that leaves 1,000 acknowledgements"]],
  "4.8.4: recovery log": [
    [LOG, "200,000 packets of 1 KB"],
    [LOG, "is handed out once"],
  ],
  "4.8.4: jitter": [["packages/socket.io-client/test/reconnect.test.ts", "delays at the cap stay spread"]],
  "4.8.4: client goes deaf": [["packages/engine.io-client/test/stuck.test.ts", "that can pause and not go on"]],
};

/** Rows that no test of ours can stand for, and why. */
const NONE: Record<string, string> = {
  "@socket.io/postgres-emitter 0.1.1": "we have no package that speaks SQL",
};

/** Rows that are open: ours has no defence, or no test in a form that could fail. */
const OPEN: Record<string, string> = {
  "Redis: forged packets": "messages between servers are not signed; what is malformed ends nothing (tests/cluster)",
  "4.8.4: 100k offline emits": "the client keeps all events that are emitted offline",
  "no CVE: slowloris": "requestTimeout and headersTimeout of node:http end it; no test yet",
  "hardening: cookies with Max-Age=0, values with a second `=`": "tests of the client, not looked at here",
};

test("each row of the list of attacks names tests that are there", () => {
  for (const [row, proofs] of Object.entries(ROWS)) {
    for (const [file, title] of proofs) {
      assert.ok(readFileSync(join(root, file), "utf8").includes(title), `${row}: no test "${title}" in ${file}`);
    }
  }
  const rows = [ROWS, NONE, OPEN].map((list) => Object.keys(list).length);
  assert.deepEqual(rows, [51, 1, 4]);
});
