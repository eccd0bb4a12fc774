import type { Socket } from "socket.io-client";
import { openPacket } from "../../../packages/engine.io-client/test/support/polling-server.ts";
import { ScriptedServer, type Wire } from "../client/script.ts";
import { insides, type Options, type Stage } from "../client/stage.ts";

/** What upstream's client did at a scripted server (tests/vectors/README.md). */
export interface Recording {
  readonly name: string;
  readonly clientEvents: readonly unknown[][];
  readonly clientSent: readonly unknown[];
  readonly active: boolean;
  readonly engine: string;
  readonly uncaughtException?: readonly string[];
}

/** The server's part. */
export interface Script {
  /** Path and query of the URL. */
  readonly target?: string;
  readonly options?: Options;
  /** The first frames, instead of the open packet. */
  readonly first?: readonly string[];
  /** Frames that answer CONNECT. */
  readonly answer?: readonly (string | Buffer)[];
  /** After that. */
  goOn?(server: { readonly wire: Wire; readonly stage: Stage }): void;
  /** When CONNECT has come. */
  before?(socket: Socket): void;
}

/** Of the recording, in ms. */
const HANDSHAKE = { pingInterval: 300, pingTimeout: 200 };

/** How many turns of the event loop something may take at most that is not expected to come. */
const PATIENCE_TURNS = 500;

/** Plays a recording over again and gives what was seen, in its fields. */
export async function play(stage: Stage, recording: Recording, script: Script): Promise<object> {
  const server = await ScriptedServer.start(stage.t);
  const socket = stage.io(server.url + (script.target ?? ""), script.options);
  const { uncaught } = stage;
  const clientEvents = eventsOf(socket);
  const wire = await acceptBy(server, script);
  const sent: unknown[] = [];
  const { ws } = wire.accepted;
  ws.on("message", (data: Buffer, isBinary) => sent.push(isBinary ? { $bin: data.toString("hex") } : data.toString()));
  ws.on("close", (code) => sent.push({ close: code }));
  const seen = (): boolean => sent.length + clientEvents.length + uncaught.length > 0;
  await patiently(seen);
  await stage.quiet();
  script.before?.(socket);
  wire.engine(...(script.answer ?? []));
  await stage.quiet();
  script.goOn?.({ wire, stage });
  const ended = { events: recording.clientEvents.length, sent: recording.clientSent.length };
  // What the shutting down of the recording brought is not to be waited for.
  await patiently(() => clientEvents.length >= ended.events - 1 && sent.length >= ended.sent - 1);
  await stage.quiet();
  const state = { active: socket.active, engine: socket.io.engine.readyState };
  socket.disconnect();
  // The packet that leaves is not read any more.
  ws.terminate();
  await patiently(() => sent.some((frame) => typeof frame === "object" && frame !== null && "close" in frame));
  return {
    name: recording.name,
    ...(uncaught.length > 0 && { uncaughtException: uncaught.map((error) => (error as Error).message) }),
    clientEvents,
    clientSent: sent,
    ...state,
  };
}

async function acceptBy(server: ScriptedServer, { first }: Script): Promise<Wire> {
  if (!first) return server.accept(HANDSHAKE);
  const accepted = await server.raw.accept();
  for (const frame of first) accepted.send(frame === "open" ? openPacket(HANDSHAKE) : frame);
  return { accepted, engine: accepted.send.bind(accepted) } as unknown as Wire;
}

/** The events of the Socket, as the recording has them; the application answers questions. */
function eventsOf(socket: Socket): unknown[][] {
  const events: unknown[][] = [];
  socket.on("connect", () => events.push(["connect", socket.id, socket.recovered ?? null]));
  socket.on("connect_error", (error) => events.push(["connect_error", error.message, shown(insides(error).data)]));
  socket.on("disconnect", (reason, details) => {
    const told = details instanceof Error ? details.message : details?.description;
    events.push(["disconnect", reason, told ?? null]);
  });
  socket.onAny((...args: unknown[]) => {
    events.push(["event", ...args.map(shown)]);
    const answer = args.at(-1);
    if (typeof answer === "function") (answer as (text: string) => void)("acked");
  });
  return events;
}

function shown(value: unknown): unknown {
  if (value === undefined) return { $undefined: true };
  if (typeof value === "function") return "<ack>";
  return Buffer.isBuffer(value) ? { $bin: value.toString("hex") } : value;
}

async function patiently(condition: () => boolean): Promise<void> {
  for (let turn = 0; turn < PATIENCE_TURNS && !condition(); turn++) await new Promise(setImmediate);
}
