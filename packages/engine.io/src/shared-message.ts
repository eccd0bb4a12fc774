import type { Packet, RawData } from "engine.io-parser";
import { encodeSharedFrame, type Frame } from "./websocket/frame-encoder.js";
import type { WireVersion } from "./wire-version.js";

/** How a message for many receivers is to be sent. One object serves them all. */
export interface SharedOptions {
  /**
   * Whether the transport may compress it.
   * @default true
   */
  compress?: boolean | undefined;
  /** The frame of the message, made beforehand (rows A-23, E-50). */
  wsPreEncodedFrame?: unknown;
  /** What the receivers have in common; see {@link SharedMessages}. @internal */
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

/** The messages of one broadcast. Whoever sends with the same options sends these. */
export class SharedMessages {
  // Private: so that options with this in them can still be logged as JSON.
  readonly #encoded: readonly RawData[];
  readonly #messages: readonly SharedMessage[];

  private constructor(encoded: readonly RawData[], options: SharedOptions) {
    this.#encoded = encoded;
    this.#messages = encoded.map((data) => new SharedMessage(data, options));
  }

  /** @param encoded the data of the messages: the same list for all receivers */
  static of(encoded: readonly RawData[], options: SharedOptions): readonly SharedMessage[] {
    const known = options._shared;
    if (known instanceof SharedMessages && known.#encoded === encoded) return known.#messages;
    const made = new SharedMessages(encoded, options);
    options._shared = made;
    return made.#messages;
  }
}
