import assert from "node:assert/strict";
import { connect } from "node:net";
import type { Server, Socket } from "socket.io";
import { close, frame, text } from "../../../support/raw-frames.ts";
import type { RawPolling } from "../../../support/raw-peer.ts";
import { upgradeRequest } from "../../../support/upgrade-request.ts";
import type { Behaviour, Behaviours } from "../behaviour.ts";
import type { Peer } from "../peer.ts";
import { joinPolling } from "../polling.ts";
import type { Stage } from "../stage.ts";

/** Why a socket's time is over, as its listeners are told, over WebSocket and polling (rows S-179 to S-187). */
export const reasons: Behaviours = {
  ...ofBoth("socket.disconnect() is 'server namespace disconnect'", {
    act: ({ socket }) => void socket.disconnect(),
    reason: "server namespace disconnect",
  }),
  ...ofBoth("socket.disconnect(true) is 'server namespace disconnect'", {
    act: ({ socket }) => void socket.disconnect(true),
    reason: "server namespace disconnect",
  }),
  ...ofBoth("io.disconnectSockets() is 'server namespace disconnect'", {
    act: ({ io }) => io.disconnectSockets(),
    reason: "server namespace disconnect",
  }),
  ...ofBoth("io.disconnectSockets(true) is 'server namespace disconnect'", {
    act: ({ io }) => io.disconnectSockets(true),
    reason: "server namespace disconnect",
  }),
  ...ofBoth("a client that leaves is 'client namespace disconnect'", {
    act: ({ send }) => send("41"),
    reason: "client namespace disconnect",
  }),
  ...ofBoth("io.close() is 'server shutting down'", {
    act: ({ io }) => void io.close(),
    reason: "server shutting down",
  }),
  ...ofBoth("a client that does not answer pings is 'ping timeout'", {
    act: async ({ stage }) => {
      stage.clock.advance(26_500);
      await stage.quiet();
      stage.clock.advance(21_500);
    },
    reason: "ping timeout",
  }),
  ...ofBoth("a heartbeat in the wrong direction is 'transport error'", {
    act: ({ send }) => send("2"),
    reason: "transport error",
    description: (error) => {
      assert.ok(error instanceof Error);
      assert.equal((error as { type?: unknown }).type, undefined);
    },
  }),
  ...ofBoth("an engine packet that cannot be decoded is 'parse error'", {
    act: ({ send }) => send("x"),
    reason: "parse error",
  }),
  ...ofBoth("engine.close() is 'forced close'", {
    act: ({ io }) => void io.engine.close(),
    reason: "forced close",
  }),

  "a WebSocket that is closed in order is 'transport close'": (stage) =>
    ends(stage, websocket, { act: ({ peer }) => peer.close(), reason: "transport close", description: anything }),
  "a WebSocket whose connection breaks is 'transport close'": (stage) =>
    ends(stage, websocket, { act: ({ peer }) => peer.terminate(), reason: "transport close", description: anything }),
  "the packet close over polling is 'transport close'": (stage) =>
    ends(stage, polling, { act: ({ send }) => send("1"), reason: "transport close" }),
  "a client whose engine closes is 'transport close'": async (stage) => {
    const io = await stage.serve();
    const connection = stage.event(io, "connection") as Promise<[Socket]>;
    const client = stage.client();
    const [socket] = await connection;
    const gone = stage.event(socket, "disconnect");
    client.io.engine.close();
    assert.equal((await gone)[0], "transport close");
  },

  "a WebSocket frame that is invalid is 'transport error'": async (stage) => {
    const io = await stage.serve();
    const connection = stage.event(io, "connection") as Promise<[Socket]>;
    const peer = connect(stage.port(io), "127.0.0.1");
    stage.defer(() => peer.destroy());
    peer.write(upgradeRequest("/socket.io/?EIO=4&transport=websocket"));
    // What comes before the frames is an answer; nobody reads on.
    await stage.event(peer, "data");
    peer.write(text("40"));
    const [socket] = await connection;
    const gone = stage.event(socket, "disconnect");
    // RFC 6455, 5.2: reserved bits and opcodes fail the connection.
    peer.write(frame({ opcode: 3, payload: "x" }));
    const [reason, error] = await gone;
    assert.equal(reason, "transport error");
    assert.ok(error instanceof Error);
    assert.equal((error as unknown as { type: unknown }).type, "TransportError");
    peer.write(close());
  },

  "a message above maxHttpBufferSize over WebSocket is 'transport error'": (stage) =>
    ends(stage, websocket, {
      options: { maxHttpBufferSize: 100 },
      act: ({ send }) => send(`42["${"x".repeat(100)}"]`),
      reason: "transport error",
      description: (error) => {
        isTransportError(error);
        assert.match((error as Error).message, /Max payload size exceeded/);
      },
    }),
  "two polls at a time are 'transport error'": (stage) =>
    ends(stage, polling, {
      act: async ({ stage, peer, socket }) => {
        void peer.poll().catch(() => {});
        while (!socket.conn.transport.writable) await stage.quiet();
        void peer.poll().catch(() => {});
      },
      reason: "transport error",
      description: isTransportError,
    }),

  ...ofBoth("conn.close() is 'forced close'", {
    act: async ({ socket, next }) => {
      socket.conn.close();
      await next();
    },
    reason: "forced close",
  }),
  "over websocket a violation of the protocol is 'forced close'": (stage) =>
    ends(stage, websocket, { act: ({ send }) => send('42/never,["x"]'), reason: "forced close" }),
  "over websocket an undecodable packet is 'forced close'": (stage) =>
    ends(stage, websocket, { act: ({ send }) => send("42{}"), reason: "forced close" }),
  "over polling with a GET held a violation of the protocol is 'forced close'": (stage) =>
    ends(stage, polling, { act: hold, after: ({ send }) => send('42/never,["x"]'), reason: "forced close" }),
  "over polling a violation of the protocol is 'forced server close'": (stage) =>
    ends(stage, polling, { act: ({ send }) => send('42/never,["x"]'), reason: "forced server close" }),
  "over polling an undecodable packet is 'forced server close'": {
    // Nobody is told there until the next GET, or for 30 s; then it is 'forced close'.
    upstreamDiffers: "row S-187",
    run: async (stage) => {
      const { socket, peer } = await joinPolling(stage, await stage.serve());
      const reasons: string[] = [];
      socket.on("disconnect", (reason) => reasons.push(reason));
      await peer.post("42{}");
      await stage.quiet();
      assert.deepEqual(reasons, ["forced server close"]);
    },
  },
  "over polling with a GET held an undecodable packet is 'forced close'": (stage) =>
    ends(stage, polling, { act: hold, after: ({ send }) => send("42{}"), reason: "forced close" }),

  "a body above maxHttpBufferSize ends the session": {
    upstreamDiffers: "9.2, 4; Q-25",
    run: async (stage) => {
      const io = await stage.serve({ maxHttpBufferSize: 100 });
      const { socket, peer } = await joinPolling(stage, io);
      assert.equal((await peer.post(`42["${"x".repeat(100)}"]`)).status, 413);
      await stage.quiet();
      assert.equal(socket.connected, false);
    },
  },
  "a body above maxHttpBufferSize is answered 413": async (stage) => {
    const { peer } = await joinPolling(stage, await stage.serve({ maxHttpBufferSize: 100 }));
    assert.equal((await peer.post(`42["${"x".repeat(100)}"]`)).status, 413);
  },
};

interface Connected<Client> {
  readonly stage: Stage;
  readonly io: Server;
  readonly socket: Socket;
  readonly peer: Client;
  /** Sends a packet of the engine. */
  send(packet: string): void;
  /** Gives the server an occasion to say something. */
  next(): unknown;
}

interface End<Client> {
  readonly options?: object;
  act(connected: Connected<Client>): unknown;
  after?(connected: Connected<Client>): unknown;
  readonly reason: string;
  /** Of the second argument. @default there is none */
  description?(description: unknown): void;
}

type Open<Client> = (stage: Stage, io: Server) => Promise<Connected<Client>>;

const websocket: Open<Peer> = async (stage, io) => {
  const { socket, peer } = await stage.join(io);
  return { stage, io, socket, peer, send: (packet) => peer.raw.send(packet), next: () => undefined };
};

const polling: Open<RawPolling> = async (stage, io) => {
  const { socket, peer } = await joinPolling(stage, io);
  // The end may come before the answer does.
  const send = (packet: string): void => void peer.post(packet).catch(() => {});
  return { stage, io, socket, peer, send, next: () => peer.poll() };
};

/** A GET is held. */
const hold = async ({ stage, peer, socket }: Connected<RawPolling>): Promise<void> => {
  void peer.poll().catch(() => {});
  while (!socket.conn.transport.writable) await stage.quiet();
};

function ofBoth(title: string, end: End<unknown>): Record<string, Behaviour["run"]> {
  return {
    [`over websocket ${title}`]: (stage) => ends(stage, websocket, end),
    [`over polling ${title}`]: (stage) => ends(stage, polling, end),
  };
}

/** `disconnecting` and `disconnect` are told the reason, once each. */
async function ends<Client>(stage: Stage, open: Open<Client>, end: End<Client>): Promise<void> {
  const connected = await open(stage, await stage.serve(end.options));
  const { socket } = connected;
  const told: unknown[][] = [];
  for (const name of ["disconnecting", "disconnect"] as const) socket.on(name, (...args) => told.push([name, ...args]));
  const gone = stage.event(socket, "disconnect");
  await end.act(connected);
  await end.after?.(connected);
  await gone;
  await stage.quiet();
  assert.deepEqual(
    told.map(([name, reason]) => [name, reason]),
    [
      ["disconnecting", end.reason],
      ["disconnect", end.reason],
    ],
  );
  assert.equal(told[1]![2], told[0]![2]);
  (end.description ?? none)(told[1]![2]);
}

function none(description: unknown): void {
  assert.equal(description, undefined);
}

function anything(): void {}

function isTransportError(error: unknown): void {
  assert.ok(error instanceof Error);
  assert.equal((error as { type?: unknown }).type, "TransportError");
}
