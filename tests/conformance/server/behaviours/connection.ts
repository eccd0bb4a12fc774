import assert from "node:assert/strict";
import type { Behaviours } from "../behaviour.ts";

/** From the CONNECT packet to the listeners. */
export const connection: Behaviours = {
  "an unknown namespace is refused without data, and the connection stays open": async (stage) => {
    const io = await stage.serve();
    const peer = await stage.peer();
    assert.equal(await peer.ask("/nope"), '4/nope,{"message":"Invalid namespace"}');
    await stage.join(io, undefined, peer);
  },
};
