import type { Packet, RawData } from "engine.io-parser";
import { encodeSharedFrame, type Frame } from "engine.io-parser/websocket";
import type { WireVersion } from "./wire-version.js";

/** How a message for many receivers is to be sent. One object serves them all. */
export interface SharedOptions {
  /**
   * Whether the transport may compress it.
   * @default true
   */
  compress?: boolean | undefined;
  /** Set by adapters: the options are those of a broadcast (row A-21). */
  preEncoded?: boolean | undefined;
  /** The frame of the message, made beforehand (rows A-23, E-50). */
  wsPreEncodedFrame?: unknown;
  /** What the receivers have in common; see {@link sharedMessage}. @internal */
  _shared?: unknown;
}

/**
 * A message that was made once for many receivers, and travels by reference down to their transports. It remembers the
 * forms in which it is put on the wire: the first receiver that needs one makes it for all others.
 *
 * Polling has no form of its own here: its bodies join what happens to wait for one client.
 */
export class SharedMessage implements Packet {
  readonly type = "message";
  readonly data: RawData;
  readonly options: NonNullable<Packet["options"]>;
  declare more?: boolean;
  readonly #forms: Form[] = [];

  constructor(data: RawData, options: SharedOptions) {
    this.data = data;
    this.options = options;
  }

  /** The frame that a server sends, uncompressed; null for data that has to be read first. */
  frame(version: WireVersion, supportsBinary: boolean): Frame | null {
    const forms = this.#forms;
    for (let at = 0; at < forms.length; at++) {
      const form = forms[at]!;
      if (form.version === version && form.supportsBinary === supportsBinary) return form.frame;
    }
    const encoded: RawData | Promise<RawData> = version.encodePacket(this, supportsBinary);
    const frame = encoded instanceof Promise ? null : encodeSharedFrame(encoded);
    forms.push({ version, supportsBinary, frame });
    return frame;
  }
}

interface Form {
  readonly version: WireVersion;
  readonly supportsBinary: boolean;
  readonly frame: Frame | null;
}

/**
 * The shared message with that data: the first socket that writes with these options makes it for all others.
 * @param options known to be the same object for all receivers of a broadcast
 */
export function sharedMessage(data: RawData, options: SharedOptions): SharedMessage {
  if (!(options._shared instanceof SharedMessages)) options._shared = new SharedMessages();
  return (options._shared as SharedMessages).find(data, options);
}

/** The messages of one broadcast: a text, and its attachments. */
class SharedMessages {
  // Private: so that options with this in them can still be logged as JSON.
  readonly #messages: SharedMessage[] = [];

  find(data: RawData, options: SharedOptions): SharedMessage {
    const messages = this.#messages;
    for (let at = 0; at < messages.length; at++) if (messages[at]!.data === data) return messages[at]!;
    const message = new SharedMessage(data, options);
    // Who uses the same options again and again must not fill the memory, nor look through all that was ever sent.
    if (messages.length >= MAX_REMEMBERED) messages.shift();
    messages.push(message);
    return message;
  }
}

const MAX_REMEMBERED = 16;
