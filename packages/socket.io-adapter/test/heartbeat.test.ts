import assert from "node:assert/strict";
import test, { beforeEach } from "node:test";
import { MessageType } from "socket.io-adapter";
import { VirtualTime } from "../../../tests/conformance/engine/virtual-time.ts";
import { BeatingAdapter, Bus, FakeNamespace, settled } from "./support.ts";

const time = VirtualTime.install();
beforeEach(() => time.reset());

const everybody = () => ({ rooms: new Set<string>(), except: new Set<string>(), flags: {} });

function cluster(count: number, opts?: object) {
  const bus = new Bus();
  const nodes = Array.from({ length: count }, (_, index) => {
    const nsp = new FakeNamespace("/");
    const adapter = new BeatingAdapter(nsp, bus, opts);
    nsp.add(adapter, `s${index}`);
    return { nsp, adapter };
  });
  const start = (): void => nodes.forEach(({ adapter }) => void adapter.init());
  const counts = (): Promise<number[]> => Promise.all(nodes.map(({ adapter }) => adapter.serverCount()));
  return { bus, nodes, start, counts, first: nodes[0]!.adapter, second: nodes[1]?.adapter };
}

const kinds = (bus: Bus): string[] => bus.sent.map(({ type }) => MessageType[type]);

test("servers introduce themselves, and are answered by those that are there", async () => {
  const { bus, start, counts } = cluster(3);
  start();
  assert.deepEqual(await counts(), [3, 3, 3]);
  assert.equal(kinds(bus).filter((kind) => kind === "INITIAL_HEARTBEAT").length, 3);
});

test("init() twice introduces once", () => {
  const { bus, first } = cluster(1);
  void first.init();
  void first.init();
  assert.deepEqual(kinds(bus), ["INITIAL_HEARTBEAT"]);
});

test("a server that is silent for 5 s says that it is there, one that speaks need not", async () => {
  const { bus, start, first, counts } = cluster(1);
  start();
  time.advance(4999);
  assert.deepEqual(kinds(bus), ["INITIAL_HEARTBEAT"]);
  time.advance(1);
  assert.deepEqual(kinds(bus), ["INITIAL_HEARTBEAT", "HEARTBEAT"]);
  time.advance(4000);
  first.serverSideEmit(["x"]);
  time.advance(4000);
  assert.deepEqual(kinds(bus), ["INITIAL_HEARTBEAT", "HEARTBEAT", "SERVER_SIDE_EMIT"]);
  time.advance(1000);
  assert.equal(kinds(bus).at(-1), "HEARTBEAT");
  assert.deepEqual(await counts(), [1]);
});

test("servers that go on speaking stay known, one that was cut off is gone after at most 11 s", async () => {
  const { bus, start, counts, second } = cluster(3);
  start();
  time.advance(60_000);
  assert.deepEqual(await counts(), [3, 3, 3]);
  bus.cut.add(second!.id);
  time.advance(11_000);
  assert.deepEqual(await counts(), [2, 1, 2]);
});

test("both times are options", async () => {
  const { bus, start, counts, second } = cluster(2, { heartbeatInterval: 100, heartbeatTimeout: 1500 });
  start();
  time.advance(1000);
  assert.ok(kinds(bus).length > 10);
  bus.cut.add(second!.id);
  time.advance(3000);
  assert.deepEqual(await counts(), [1, 1]);
});

test("a server that closes is gone at once, and says nothing more", async () => {
  const { bus, start, counts, first, second } = cluster(2);
  start();
  await second!.close();
  assert.equal(await first.serverCount(), 1);
  const before = bus.sent.length;
  bus.cut.add(first.id);
  time.advance(30_000);
  assert.deepEqual(
    bus.sent.slice(before).filter(({ uid }) => uid === second!.id),
    [],
  );
  assert.equal((await counts())[1], 1);
});

test("emitters are no servers", async () => {
  const { start, first } = cluster(1);
  start();
  first.receive({
    type: MessageType.SERVER_SIDE_EMIT,
    uid: "emitter",
    nsp: "/",
    data: { packet: ["x"] },
  });
  assert.equal(await first.serverCount(), 1);
});

test("a request ends when the last server that has not answered leaves", async () => {
  const { bus, start, first, second } = cluster(3);
  start();
  // Heard by nobody, its goodbye excepted.
  bus.cut.add(second!.id);
  const fetched = first.fetchSockets(everybody());
  await settled();
  bus.cut.clear();
  await second!.close();
  assert.deepEqual(
    ((await fetched) as { id: string }[]).map(({ id }) => id),
    ["s0", "s2"],
  );
});

test("a request whose time is up names the servers that are missing", async () => {
  const { bus, start, first, second } = cluster(3);
  start();
  bus.cut.add(second!.id);
  const fetched = first.fetchSockets(everybody());
  const failed = assert.rejects(fetched, (error: Error & { missing: string[]; responses: { id: string }[] }) => {
    assert.equal(error.message, "timeout reached: missing 1 responses");
    assert.deepEqual(error.missing, [second!.id]);
    assert.deepEqual(
      error.responses.map(({ id }) => id),
      ["s0", "s2"],
    );
    return true;
  });
  await settled();
  time.advance(5000);
  await failed;
});

test("a request to a server that falls silent ends once it is gone, with the answers of the others", async () => {
  const { bus, start, first, second } = cluster(3, { heartbeatInterval: 500, heartbeatTimeout: 1000 });
  start();
  bus.cut.add(second!.id);
  const fetched = first.fetchSockets(everybody());
  await settled();
  time.advance(3000);
  assert.equal(((await fetched) as unknown[]).length, 2);
});
