import type { SetUp, Victim } from "../hostile/victim.ts";

/** Joins, answers, asks and passes on, as clients want it. */
export const application: SetUp = (world) => {
  world.ready = ({ io, seen }) => {
    io.on("connection", (socket) => {
      seen[0] = Number(seen[0] ?? 0) + 1;
      socket.on("join", (room: string, done?: () => void) => {
        void socket.join(room);
        done?.();
      });
      socket.on("leave", (room: string) => void socket.leave(room));
      socket.on("echo", (data: unknown, done: (data: unknown) => void) => done(data));
      socket.on("tell", (room: string, data: unknown) => void socket.to(room).emit("told", data));
      socket.on("ask", () => void socket.timeout(3000).emit("question", Buffer.alloc(100), () => {}));
    });
  };
  // Who is cut off before it joins is missed by its heartbeat: `connectTimeout` would give it 30 s more to fetch the end.
  return { pingInterval: 5000, pingTimeout: 4000, upgradeTimeout: 3000, connectTimeout: 10_000 };
};

/** What a server has, in numbers that are the same again when all clients have left. */
export interface Inventory {
  readonly connections: number;
  readonly requests: number;
  readonly sessions: number;
  readonly sockets: number;
  readonly rooms: number;
  /** Acknowledgements and whatever else is waited for. */
  readonly deadlines: number;
  /** What keeps a process alive: handles and timers. */
  readonly resources: number;
  /** Bytes of heap and buffers, after collection; without code, of which V8 makes more for as long as a process runs. */
  readonly bytes: number;
}

/** Waits until nobody is connected, and nothing is waited for. */
export async function atRest(victim: Victim): Promise<Inventory> {
  const counted = await victim.ask(async (world) => {
    const { io, engine, http } = world;
    const connections = (): Promise<number> =>
      new Promise((resolve) => http.getConnections((_error, count) => resolve(count)));
    const { deadlines } = (io as unknown as { _alarm: { deadlines: { next: number } } })._alarm;
    const busy = (): boolean => engine.clientsCount > 0 || world.open > 0 || deadlines.next !== Infinity;
    while (busy() || (await connections()) > 0) {
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    const { sockets, adapter } = io.of("/");
    return {
      connections: await connections(),
      requests: world.open,
      sessions: engine.clientsCount,
      sockets: sockets.size,
      rooms: adapter.rooms.size + adapter.sids.size,
      deadlines: deadlines.next === Infinity ? 0 : 1,
      resources: process.getActiveResourcesInfo().length,
    };
  });
  const bytes = await victim.memory();
  const code = await victim.ask(({ load }) => {
    const { code_and_metadata_size: machine, bytecode_and_metadata_size: byte } = (
      load("node:v8") as typeof import("node:v8")
    ).getHeapCodeStatistics();
    return machine + byte;
  });
  return { ...counted, bytes: bytes - code };
}

/** How many sockets have connected so far. */
export function connected(victim: Victim): Promise<number> {
  return victim.ask(({ seen }) => Number(seen[0] ?? 0));
}
