export { acceptKey, createKey } from "./handshake-key.js";
export { FrameError, type FrameErrorCode } from "./frame-error.js";
export {
  bytesOf,
  closePayload,
  encodeUnmaskedFrame,
  encodeHeader,
  encodeSharedFrame,
  LONG_BYTES,
  type Frame,
} from "./frame-encoder.js";
export { FrameParser, isCloseCode, MAX_FRAGMENTS, NO_STATUS, OPCODE, type FrameSink } from "./frames.js";
export { encodeMaskedFrame } from "./masked-frame.js";
