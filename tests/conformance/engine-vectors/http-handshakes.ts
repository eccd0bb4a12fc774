import { upgradeRequest } from "../../support/upgrade-request.ts";
import { oneRequest } from "./http-requests.ts";
import type { Scenario } from "./scenario.ts";
import type { Engine, Stage } from "./stage.ts";

const WEBSOCKET = "/engine.io/?EIO=4&transport=websocket";

const COOKIES = {
  true: true,
  named: { name: "sess", path: "/x", httpOnly: false, sameSite: "strict", maxAge: 86_400 },
  "secure none": { path: undefined, secure: true, sameSite: "none" },
};

type Decide = (error: string | null, isAllowed: boolean) => void;

const REFUSED = { allowRequest: (_req: unknown, decide: Decide) => decide("Thou shall not pass", false) };
const REFUSED_MUTELY = { allowRequest: (_req: unknown, decide: Decide) => decide(null, false) };
const ALL = { options: { transports: ["polling", "websocket", "webtransport"] } };
const INITIAL = { options: { initialPacket: "faster!" } };

/** engineio-server-http: options and events of handshakes, over both transports. */
export const HANDSHAKES: readonly (readonly [pattern: RegExp, scenario: Scenario])[] = [
  ...Object.entries(COOKIES).flatMap(([name, cookie]): [RegExp, Scenario][] => [
    [new RegExp(`^cookie[: ]${name} second request$`), { options: { cookie }, run: secondRequest }],
    [new RegExp(`^cookie[: ]${name} ws handshake$`), handshakeHead({ options: { cookie } })],
    [new RegExp(`^cookie[: ]${name}$`), oneRequest({ options: { cookie } })],
  ]),
  [/^initial_headers\+headers ws$/, handshakeHead({ prepare: addHeaders })],
  [/^initial_headers\+headers events$/, oneRequest({ prepare: addHeaders })],
  [/^allowRequest refuses ws$/, refusedHandshake({ options: REFUSED })],
  [/^allowRequest refuses ws without message$/, refusedHandshake({ options: REFUSED_MUTELY })],
  [/^allowRequest refuses with message$/, oneRequest({ options: REFUSED })],
  [/^allowRequest refuses without message$/, oneRequest({ options: REFUSED_MUTELY })],
  [/^generateId throws ws$/, { prepare: failIds, run: afterHandshake }],
  [/^generateId throws$/, oneRequest({ prepare: failIds })],
  [/^middleware error ws$/, refusedHandshake({ prepare: failMiddleware })],
  [/^middleware error$/, oneRequest({ prepare: failMiddleware })],
  [/^middleware ends response ws$/, refusedHandshake({ prepare: answerInMiddleware })],
  [/^middleware ends response$/, oneRequest({ prepare: answerInMiddleware })],
  [/^transports:\[polling\], ws upgrade request$/, { options: { transports: ["polling"] }, run: notUpgraded }],
  [/^all transports, ws open packet$/, { ...ALL, run: async (stage) => ({ first: (await firstOf(stage, 1))[0] }) }],
  [/^initialPacket ws$/, { ...INITIAL, run: async (stage) => ({ first: await firstOf(stage, 2) }) }],
];

/** The head of the answer to a WebSocket handshake. */
export function handshakeHead(setting: Omit<Scenario, "run">, headers: Record<string, string> = {}): Scenario {
  return {
    ...setting,
    async run(stage) {
      const peer = stage.bytes(upgradeRequest(WEBSOCKET, headers));
      await peer.upgraded();
      return { response: peer.response };
    },
  };
}

/** All that comes back, which ends the connection. */
function refusedHandshake(setting: Omit<Scenario, "run">): Scenario {
  return {
    ...setting,
    async run(stage, vector) {
      const peer = stage.bytes(upgradeRequest(WEBSOCKET));
      const rawResponse = await peer.all();
      return { rawResponse, ...("closed" in vector && { closed: peer.isClosed }) };
    },
  };
}

async function notUpgraded(stage: Stage): Promise<object> {
  const peer = stage.bytes(upgradeRequest(WEBSOCKET));
  const rawResponse = await peer.all("\r\n0\r\n\r\n");
  await stage.roundTrip();
  return { upgraded: await peer.upgraded(), closed: peer.isClosed, rawResponse };
}

async function afterHandshake(stage: Stage): Promise<object> {
  const peer = stage.bytes(upgradeRequest(WEBSOCKET));
  const upgraded = await peer.upgraded();
  return upgraded ? { upgraded, after: [await peer.next()] } : { upgraded, rawResponse: await peer.all() };
}

/** The texts of the first messages. */
async function firstOf(stage: Stage, count: number): Promise<(string | undefined)[]> {
  const peer = stage.bytes(upgradeRequest(WEBSOCKET));
  const texts: (string | undefined)[] = [];
  for (let at = 0; at < count; at++) {
    const seen = await peer.next();
    texts.push("text" in seen ? seen.text : undefined);
  }
  return texts;
}

async function secondRequest(stage: Stage): Promise<object> {
  const peer = await stage.polling("EIO=4");
  peer.socket.send("x");
  return { response: await peer.poll() };
}

function addHeaders(engine: Engine): void {
  engine.on("initial_headers", (headers: Record<string, string>) => {
    headers["test"] = "123";
    headers["set-cookie"] = "mycookie=456";
  });
  engine.on("headers", (headers: Record<string, string>) => (headers["test2"] = "789"));
}

function failIds(engine: Engine): void {
  engine.generateId = () => {
    throw new Error("nope");
  };
}

function failMiddleware(engine: Engine): void {
  engine.use((_req, _res, next) => next(new Error("x")));
}

function answerInMiddleware(engine: Engine): void {
  engine.use((_req, res) => {
    res.writeHead(503);
    res.end();
  });
}
