import { fromOtherSide, text } from "../../../../tests/support/raw-frames.ts";
import { openPacket } from "./polling-server.ts";

/** A frame of text, as a server sends it. */
export function serverText(data: string): Buffer {
  return fromOtherSide(text(data));
}

/** The first frame of a session. */
export const OPEN_FRAME = serverText(openPacket());
