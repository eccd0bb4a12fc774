import assert from "node:assert/strict";
import { once } from "node:events";
import { after, before, describe, test } from "node:test";
import type { Member } from "../../support/member.ts";
import { Node } from "./pair.ts";
import { assertServerIsOurs, load, loadedPlaces, placeOf } from "./tree.ts";

/*
 * Adapters bring the base class along that they were written for. Here such a class itself is the adapter: each release talks to
 * the sockets and the encoder of the server in its own way.
 */
for (const version of ["2.1.0", "2.2.0", "2.3.3", "2.4.0", "2.5.5"]) {
  const folder = `base-${version.slice(0, 3)}`;
  const minor = Number(version.split(".")[1]);

  describe(`our server with socket.io-adapter ${version}`, () => {
    let node: Node;
    let ann: Member;
    let ben: Member;
    before(async () => {
      node = await Node.start(load(folder).Adapter);
      ann = await node.connect(["room", "ann"]);
      ben = await node.connect(["room", "ben"]);
    });
    after(() => node.stop());

    test("the packages are those, by version and place", () => {
      assertServerIsOurs();
      assert.deepEqual(placeOf(folder), { name: "socket.io-adapter", version, folder });
      assert.ok(loadedPlaces("socket.io-adapter").some((place) => place.folder === folder));
      assert.equal(node.io.of("/").adapter.constructor, load(folder).Adapter);
    });

    test("broadcasts reach all, rooms, and all but some, with flags, text and bytes", async () => {
      node.io.emit("all", 1, "€");
      node.io.to("ann").emit("to ann");
      // 2.1 leaves out sockets only, not rooms.
      node.io
        .to("room")
        .except(minor === 1 ? ann.socket.id : "ann")
        .emit("not to ann");
      node.io.volatile.compress(false).to("room").emit("with flags");
      node.io.local.emit("local");
      node.io.to("room").emit("bytes", { file: Buffer.from([1, 2, 3]) }, Buffer.from([4]));
      ann.socket.broadcast.emit("from ann");
      ann.socket.to("room").emit("from ann to a room");
      node.io.emit("end");
      await Promise.all([ann.hears("end"), ben.hears("end")]);
      assert.deepEqual(await ann.hears("all"), [1, "€"]);
      assert.deepEqual(await ben.hears("bytes"), [{ file: Buffer.from([1, 2, 3]) }, Buffer.from([4])]);
      assert.deepEqual(ann.names, ["all", "to ann", "with flags", "local", "bytes", "end"]);
      assert.deepEqual(ben.names, [
        ...["all", "not to ann", "with flags", "local", "bytes"],
        ...["from ann", "from ann to a room", "end"],
      ]);
    });

    test("rooms are joined, left, and empty once their members are gone", async () => {
      const guest = await node.connect(["guests"]);
      const { adapter } = node.io.of("/");
      assert.deepEqual([...adapter.rooms.get("guests")], [guest.socket.id]);
      assert.deepEqual([...(await adapter.sockets(new Set(["guests"])))], [guest.socket.id]);
      await guest.socket.leave("guests");
      assert.ok(!adapter.rooms.has("guests"));
      const gone = once(guest.socket, "disconnect");
      guest.client.close();
      await gone;
      assert.ok(!adapter.sids.has(guest.socket.id));
    });

    if (minor >= 2) {
      test("sockets are found, moved and disconnected", async () => {
        const guest = await node.connect(["guests"]);
        const [found, ...rest] = await node.io.in("guests").fetchSockets();
        assert.deepEqual([found.id, rest], [guest.socket.id, []]);
        node.io.in("guests").socketsJoin(["hall"]);
        assert.ok(guest.socket.rooms.has("hall"));
        node.io.in("hall").socketsLeave("guests");
        assert.ok(!guest.socket.rooms.has("guests"));
        const gone = new Promise((resolve) => guest.client.once("disconnect", resolve));
        node.io.in("hall").disconnectSockets(true);
        assert.equal(await gone, "io server disconnect");
      });
    }

    if (minor >= 4) {
      test("listeners for what leaves hear broadcasts, and clients answer them", async () => {
        const left: unknown[] = [];
        ann.socket.onAnyOutgoing((...event: unknown[]) => left.push(event));
        for (const { client } of [ann, ben])
          client.once("ask", (_: number, answer: (is: string) => void) => answer("yes"));
        assert.deepEqual(await node.io.to("room").timeout(5000).emitWithAck("ask", 1), ["yes", "yes"]);
        assert.deepEqual(left, [["ask", 1]]);
        ann.socket.offAnyOutgoing();
        await assert.rejects(node.io.to("room").timeout(20).emitWithAck("nobody answers"), { responses: [] });
      });
    }
  });
}
