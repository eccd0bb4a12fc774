import type { Manager, Socket } from "socket.io-client";
import { insides } from "../../conformance/server/stage.ts";
import { loadClient } from "../../interop/implementations.ts";

const { io } = loadClient("upstream 2.5.0");

/** A Socket of Socket.IO 2 with the members of later ones by which programs use it. */
export function oldSocket(manager: Manager | undefined, uri: string, nsp: string, who: number): Socket {
  const options = {
    forceNew: true,
    reconnection: false,
    autoConnect: false,
    transports: ["websocket"],
    query: { who },
  };
  const socket = manager?.socket(nsp, { query: { who } } as object) ?? io(uri + nsp, options as object);
  const own = insides(socket);
  Object.defineProperties(own, {
    active: { get: () => own.connected === true || own.io.connecting.includes(socket) },
    recovered: { value: false },
  });
  own.onAny = (listener: (...event: unknown[]) => void) => {
    own.onevent = ({ data, id }: { data: unknown[]; id?: number }) => {
      listener(...data, ...(typeof id === "number" ? [own.ack(id)] : []));
    };
  };
  if (manager === undefined) {
    Object.defineProperty(own.io, "_readyState", { get: () => own.io.readyState });
    own.io._packet = own.io.packet;
    own.io.on("open", () => writesAtOnce(own.io.engine.transport));
  }
  // Upstream's servers refuse in a form that is not theirs (9.2, 17).
  socket.on(
    "error" as never,
    ((error: unknown) => {
      const { message } = (error ?? {}) as { message?: unknown };
      own.emit("connect_error", message === "Invalid namespace" ? message : error);
    }) as never,
  );
  return socket;
}

/** Its transport waits for a timer after each packet, and time stands still. */
function writesAtOnce(transport: { write(packets: unknown[]): void }): void {
  const write = transport.write.bind(transport);
  transport.write = (packets) => {
    const { setTimeout } = globalThis;
    Object.assign(globalThis, { setTimeout: setImmediate });
    try {
      write(packets);
    } finally {
      Object.assign(globalThis, { setTimeout });
    }
  };
}
