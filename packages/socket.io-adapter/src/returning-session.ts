import { Decoder } from "socket.io-parser";
import type { Adapter, Handover, Session } from "./adapter.js";
import type { AdapterHost, AdapterSocket, EncodedPacket, RecoveryOptions } from "./host.js";
import type { RecoveryLimits, RecoveryLog, TakenSession } from "./recovery-log.js";

/** The limits of a log by the options of the server. */
export function limitsOf(options: RecoveryOptions = {}): RecoveryLimits {
  return {
    maxAgeMs: options.maxDisconnectionDuration ?? 120_000,
    maxPackets: options.maxPackets ?? 100_000,
    maxBytes: options.maxBytes ?? 64 * 1024 * 1024,
    maxSessions: options.maxSessions ?? 100_000,
  };
}

/**
 * A session on its way back to its client, as namespaces get it from adapters that keep a log.
 *
 * @param ageMs how long its client has been away
 * @param putBack called if the client is gone again
 */
export function sessionOf(
  adapter: Adapter,
  log: RecoveryLog,
  taken: TakenSession,
  ageMs: number,
  putBack: () => void,
): Session {
  const { sid, pid, rooms, data } = taken.session;
  const { _parser: parser } = (adapter.nsp as AdapterHost).server;
  const session: Session & { disconnectedAt: number } = {
    sid,
    pid,
    rooms: [...rooms],
    data,
    disconnectedAt: Date.now() - ageMs,
    // Our namespace sends them as they were encoded.
    get missedPackets() {
      return taken.missed.map((messages) => decode(messages, parser?.Decoder ?? Decoder));
    },
  };
  const handover: Handover = { replay: (socket) => replay(log, taken, socket), putBack };
  return Object.defineProperty(session, "_handover", { value: handover });
}

function replay(log: RecoveryLog, taken: TakenSession, socket: AdapterSocket): boolean {
  const missed = log.catchUp(taken);
  if (missed === undefined) return false;
  socket._lastLogged = missed.lastSent;
  for (const messages of missed.messages) socket.client.writeToEngine(messages, { preEncoded: true });
  return true;
}

/** Name and arguments of a kept event, read as a peer would read them. */
function decode(messages: EncodedPacket, Parser: typeof Decoder): unknown[] {
  // What we have sent we can read, whatever the number of its attachments.
  const decoder = new Parser({ maxAttachments: Infinity });
  let data: unknown[] = [];
  decoder.on("decoded", (packet) => (data = packet.data as unknown[]));
  for (const message of messages) decoder.add(message);
  return data;
}
