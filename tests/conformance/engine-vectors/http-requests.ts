import type { Vector } from "../vectors/files.ts";
import type { Scenario } from "./scenario.ts";
import type { PollingPeer } from "./session.ts";
import type { RequestParts, Stage } from "./stage.ts";

/** engineio-server-http: what one request is answered with, by options. */
export const REQUESTS: readonly (readonly [pattern: RegExp, scenario: Scenario])[] = [
  [/^invalid Origin header char/, { run: malformed }],
  [/maxHttpBufferSize/, oneRequest({ options: { maxHttpBufferSize: 10 } })],
  [/^ {2}next POST after 413$/, { options: { maxHttpBufferSize: 10 }, run: afterTooLarge }],
  [/^chunked POST over the limit$/, { options: { maxHttpBufferSize: 10 }, run: tooLargeInChunks }],
  [/^addTrailingSlash:false/, oneRequest({ attachOptions: { path: "/foo", addTrailingSlash: false } })],
  [/^transports:\[websocket\]/, oneRequest({ options: { transports: ["websocket"] } })],
  [/^transports:\[polling\]/, oneRequest({ options: { transports: ["polling"] } })],
  [/^all transports/, oneRequest({ options: { transports: ["polling", "websocket", "webtransport"] } })],
  [/^allowUpgrades:false/, oneRequest({ options: { allowUpgrades: false } })],
  [/^initialPacket$/, oneRequest({ options: { initialPacket: "faster!" } })],
  [/^compression default/, { run: compressed }],
  [/^compression httpCompression:false/, { options: { httpCompression: false }, run: compressed }],
  [/^compression threshold 0/, { options: { httpCompression: { threshold: 0 } }, run: compressed }],
  [/^compression httpCompression:true/, { options: { httpCompression: true }, run: compressed }],
  [/./, oneRequest()],
];

/** The request of the vector, for a session of its own if it names one. */
export function oneRequest(setting: Omit<Scenario, "run"> = {}): Scenario {
  return {
    ...setting,
    async run(stage, vector) {
      const request = vector["request"] as RequestParts;
      const peer = /sid=[\w-]{20}$/.test(request.target) ? await stage.polling("EIO=4") : undefined;
      const response = await stage.exchange(
        peer === undefined
          ? request
          : { ...request, target: request.target.replace(/sid=.*/, `sid=${peer.socket.id}`) },
      );
      return { request, response, connection_error: stage.refusal, ...(await endingOf(peer, vector)) };
    },
  };
}

async function endingOf(peer: PollingPeer | undefined, vector: Vector): Promise<object> {
  if (peer === undefined || !("serverClose" in vector)) return {};
  return { serverClose: await peer.ending(vector["serverClose"]) };
}

/** What node:http refuses never reaches an engine. */
async function malformed(stage: Stage, vector: Vector): Promise<object> {
  const request = vector["request"] as { raw: string };
  const peer = stage.bytes(request.raw);
  await peer.all();
  await peer.upgraded();
  return { request, response: peer.response, connection_error: stage.refusal };
}

async function afterTooLarge(stage: Stage, vector: Vector): Promise<object> {
  const peer = await stage.polling("EIO=4");
  await peer.post("4aaaaaaaaaa");
  const { request } = vector as unknown as { request: RequestParts };
  const response = await peer.request("POST", request.body);
  return { request, response, connection_error: stage.refusal, serverClose: await peer.ending(null) };
}

async function tooLargeInChunks(stage: Stage): Promise<object> {
  const peer = await stage.polling("EIO=4");
  const response = await peer.request("POST", "4aaaaaaaaaaaaaaa", { "Transfer-Encoding": "chunked" });
  return { response, serverClose: await peer.ending(null) };
}

async function compressed(stage: Stage, vector: Vector): Promise<object> {
  const [, accepted, size, compress] = /ae="(.*)" payload=(\d+) compress=(\w+)/.exec(vector.name)!;
  const peer = await stage.polling("EIO=4");
  // The type of the packet is part of the payload.
  peer.socket.send("x".repeat(Number(size) - 1), { compress: compress === "true" });
  const { headers } = await peer.request("GET", undefined, { "Accept-Encoding": accepted! });
  const value = (name: string): string | undefined => headers.find((header) => header[0] === name)?.[1];
  return {
    encoding: value("Content-Encoding") ?? null,
    // With compressed answers 6.6.9 sends it and 6.6.12 does not (protocols.md 9.3): either will do.
    ...("contentLength" in vector && { contentLength: value("Content-Length") }),
    contentType: value("Content-Type"),
  };
}
