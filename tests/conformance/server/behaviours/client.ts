import assert from "node:assert/strict";
import type { Behaviours } from "../behaviour.ts";
import { joinPolling } from "../polling.ts";
import { insides } from "../stage.ts";

/** One connection with its namespaces: `socket.client` (rows S-173 to S-178). */
export const client: Behaviours = {
  "a client has the connection, its first request and its id": async (stage) => {
    const io = await stage.serve();
    const { socket, peer } = await stage.join(io);
    const { client } = socket;
    assert.equal(client.conn, socket.conn);
    assert.equal(client.request, socket.conn.request);
    assert.equal(insides(client).id, peer.opened.sid);
    const other = await stage.join(io.of("/other"), undefined, peer);
    assert.equal(other.socket.client, client);
  },

  "a client has the server, a parser and its sockets by id and by namespace": async (stage) => {
    const io = await stage.serve();
    const { socket, peer } = await stage.join(io);
    const { socket: other } = await stage.join(io.of("/other"), undefined, peer);
    const { server, encoder, decoder, sockets, nsps, connectTimeout } = insides(socket.client);
    assert.equal(server, io);
    assert.equal(encoder, insides(io).encoder);
    assert.ok(decoder instanceof stage.cell.parser.Decoder);
    assert.ok(sockets instanceof Map && nsps instanceof Map);
    assert.deepEqual([...sockets.keys()], [socket.id, other.id]);
    assert.deepEqual([...nsps.keys()], ["/", "/other"]);
    assert.deepEqual([sockets.get(other.id) === other, nsps.get("/other") === other], [true, true]);
    // Nothing is waited for once a namespace is joined.
    assert.equal(connectTimeout, undefined);
    socket.disconnect();
    assert.deepEqual([...insides(socket.client).nsps.keys()], ["/other"]);
    assert.deepEqual([...insides(socket.client).sockets.keys()], [other.id]);
  },

  "what adapters have encoded is written part by part, with the options as they are": async (stage) => {
    const { socket, peer } = await stage.join(await stage.serve());
    const { conn } = socket;
    const write = conn.write.bind(conn);
    const written: unknown[][] = [];
    conn.write = ((...args: Parameters<typeof write>) => {
      written.push(args);
      return write(...args);
    }) as typeof conn.write;
    const bytes = Buffer.from([1]);
    const options = { preEncoded: true, volatile: false, compress: false };
    insides(socket.client).writeToEngine(['51-["a",{"_placeholder":true,"num":0}]', bytes], options);
    assert.deepEqual(
      written.map(([data, given]) => [data, given === options]),
      [
        ['51-["a",{"_placeholder":true,"num":0}]', true],
        [bytes, true],
      ],
    );
    assert.deepEqual(await peer.receive(2), ['51-["a",{"_placeholder":true,"num":0}]', bytes]);
  },

  "a frame that an adapter has made beforehand is what the client gets": async (stage) => {
    const { socket, peer } = await stage.join(await stage.serve());
    const text = '42["framed"]';
    // RFC 6455, 5.2: a text frame without a mask.
    const wsPreEncodedFrame = [Buffer.from([0x81, text.length]), Buffer.from(text)];
    const options = { preEncoded: true, volatile: false, compress: false, wsPreEncodedFrame };
    insides(socket.client).writeToEngine(['2["plain"]'], options);
    assert.equal(await peer.next(), '2["framed"]');
  },

  "a packet goes out by the client's encoder": async (stage) => {
    const { socket, peer } = await stage.join(await stage.serve());
    insides(socket.client)._packet({ type: 2, nsp: "/any", data: ["a", 1] }, {});
    assert.equal(await peer.next(), '2/any,["a",1]');
  },

  "a client that disconnects leaves all namespaces, then closes": async (stage) => {
    const io = await stage.serve();
    const { socket, peer } = await stage.join(io);
    const { socket: other } = await stage.join(io.of("/other"), undefined, peer);
    const reasons = Promise.all([stage.event(socket, "disconnect"), stage.event(other, "disconnect")]);
    insides(socket.client)._disconnect();
    assert.deepEqual(await peer.receive(3), ["1", "1/other,", "closed 1005"]);
    assert.deepEqual(
      (await reasons).map(([reason]) => reason),
      ["server namespace disconnect", "server namespace disconnect"],
    );
  },

  "a client that closes tells its sockets": async (stage) => {
    const io = await stage.serve();
    const { socket, peer } = await stage.join(io);
    const gone = stage.event(socket, "disconnect");
    insides(socket.client).close();
    assert.deepEqual(await peer.receive(1), ["closed 1005"]);
    assert.equal((await gone)[0], "forced close");
    assert.equal(insides(socket.client).nsps.size, 0);
  },

  "a client forgets a socket that is taken out": async (stage) => {
    const io = await stage.serve();
    const { socket, peer } = await stage.join(io);
    await stage.join(io.of("/other"), undefined, peer);
    insides(socket.client)._remove(socket);
    assert.deepEqual([...insides(socket.client).nsps.keys()], ["/other"]);
    assert.equal(insides(socket.client).sockets.has(socket.id), false);
  },

  "of volatile packets in one tick polling takes the first": async (stage) => {
    const io = await stage.serve();
    const { socket, peer } = await joinPolling(stage, io);
    const body = peer.poll();
    await stage.event(socket.conn.transport, "ready").catch(() => {});
    for (const name of ["a", "b", "c"]) socket.volatile.emit(name);
    assert.equal((await body).body, '42["a"]');
    socket.emit("d");
    assert.deepEqual(await peer.receive(1), ['42["d"]']);
  },

  "of volatile packets in one tick a WebSocket takes all, as long as it is writable": {
    upstreamDiffers: "row S-177: it drops by conn.transport.writable, which is false there until the next tick",
    run: async (stage) => {
      const { socket, peer } = await stage.join(await stage.serve());
      const writable = ["a", "b", "c"].map((name) => {
        socket.volatile.emit(name);
        return socket.conn.transport.writable;
      });
      assert.deepEqual(writable, [true, true, true]);
      assert.deepEqual(await peer.receive(3), ['2["a"]', '2["b"]', '2["c"]']);
    },
  },

  "volatile packets are dropped while nobody polls, with their attachments": async (stage) => {
    const io = await stage.serve();
    const { socket, peer } = await joinPolling(stage, io);
    assert.equal(socket.conn.transport.writable, false);
    socket.volatile.emit("a");
    socket.volatile.emit("b", Buffer.from([1]));
    socket.emit("c");
    assert.deepEqual(await peer.receive(1), ['42["c"]']);
  },

  "a second CONNECT for a namespace closes the connection": (stage) => violates(stage, "0"),
  "an event for a namespace that is not joined closes the connection": (stage) => violates(stage, '2/other,["a"]'),
  "an answer for a namespace that is not joined closes the connection": (stage) => violates(stage, "3/other,1[]"),
  "DISCONNECT of a namespace that is not joined closes the connection": (stage) => violates(stage, "1/other,"),
  "CONNECT_ERROR from a client closes the connection": (stage) => violates(stage, '4{"message":"x"}'),
  "CONNECT_ERROR from a client for an unknown namespace closes the connection": (stage) => violates(stage, '4/x,"x"'),

  ...Object.fromEntries(
    Object.entries(UNDECODABLE()).map(([what, [packet, message]]) => [
      `${what} is an error on every socket of the client, which is then closed`,
      async (stage: Parameters<typeof violates>[0]) => {
        const io = await stage.serve();
        const { socket, peer } = await stage.join(io);
        const { socket: other } = await stage.join(io.of("/other"), undefined, peer);
        const log: unknown[] = [];
        for (const one of [socket, other]) {
          one.on("error", (error) => log.push([one.nsp.name, error instanceof Error, error.message]));
          one.on("disconnect", (reason) => log.push([one.nsp.name, reason]));
        }
        const gone = Promise.all([stage.event(socket, "disconnect"), stage.event(other, "disconnect")]);
        peer.send(packet);
        await gone;
        assert.deepEqual(log, [
          ["/", true, message],
          ["/other", true, message],
          ["/", "forced close"],
          ["/other", "forced close"],
        ]);
        assert.deepEqual(await peer.receive(1), ["closed 1005"]);
      },
    ]),
  ),
};

/** Packets that no decoder of protocol 5 takes, and what they are called (protocols.md 3.7). */
function UNDECODABLE(): Record<string, [packet: string | Buffer, message: string]> {
  return {
    "a packet of an unknown type": ["7", "unknown packet type 7"],
    "an event that is no list": ["2{}", "invalid payload"],
    "an event whose JSON is broken": ['2["a"', "invalid payload"],
    "a CONNECT packet with a text": ['0/x,"text"', "invalid payload"],
    "a DISCONNECT packet with a payload": ["1{}", "invalid payload"],
    "an event with a reserved name": ['2["disconnect"]', "invalid payload"],
    "an attachment that nobody waits for": [Buffer.from([1]), "got binary data when not reconstructing a packet"],
  };
}

/** The connection is closed without an error. */
async function violates(stage: import("../stage.ts").Stage, packet: string): Promise<void> {
  const io = await stage.serve();
  io.of("/other");
  const { socket, peer } = await stage.join(io);
  socket.on("error", () => assert.fail("there is no error"));
  const gone = stage.event(socket, "disconnect");
  peer.send(packet);
  assert.deepEqual((await gone).slice(0, 1), ["forced close"]);
  assert.deepEqual(await peer.receive(1), ["closed 1005"]);
}
