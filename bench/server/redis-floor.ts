import { randomUUID } from "node:crypto";
import type { Server as HttpServer } from "node:http";
import { serveFloor } from "./floor.ts";
import { DELIVERY } from "./scenarios.ts";

export interface FloorClient {
  publish(channel: string, payload: Buffer): Promise<unknown>;
  pSubscribe(pattern: string, listener: (payload: Buffer) => void, bufferMode: true): Promise<unknown>;
}

/**
 * The least JavaScript that does the work of two servers on one Redis: the frame is published as it is, with the name of the server
 * before it, and the other server writes it to all its clients. Nothing is encoded, decoded or looked up.
 */
export async function serveRedisFloor(http: HttpServer, pub: FloorClient, sub: FloorClient): Promise<void> {
  const name = Buffer.from(randomUUID());
  const message = Buffer.concat([name, DELIVERY]);
  const deliver = serveFloor(http, () => void pub.publish("floor#", message));
  await sub.pSubscribe(
    "floor#*",
    (payload) => {
      if (!payload.subarray(0, name.length).equals(name)) deliver(payload.subarray(name.length));
    },
    true,
  );
}
