/** What a client saw of one conversation with tests/deno/server.mts. */
export interface Conversation {
  /** The transports that carried it, in order. */
  readonly transports: string[];
  /** How many bytes the acknowledged echo brought back, and whether they were those that were sent. */
  readonly echo: { readonly bytes: number; readonly isSame: boolean };
  /** Events after the server was asked to end the connection, in order. */
  readonly end: string[];
}

interface ClientSocket {
  readonly io: {
    readonly engine: { readonly transport: { readonly name: string }; once(name: string, fn: () => void): void };
  };
  on(name: string, listener: (...args: never[]) => void): unknown;
  emit(name: string, ...args: unknown[]): unknown;
  disconnect(): unknown;
}

/**
 * Runs in Deno and in pages, so it may use nothing but its arguments: connects, lets 70 kB be echoed once the connection has
 * settled on its last transport, has the server end it, and connects once more to end it itself after some last words.
 */
export async function converse(
  io: (url: string, options: object) => unknown,
  url: string,
  transports: readonly string[],
  certificateHash: Uint8Array<ArrayBuffer>,
): Promise<Conversation> {
  const webtransport = { serverCertificateHashes: [{ algorithm: "sha-256", value: certificateHash }] };
  const socket = io(url, { transports, transportOptions: { webtransport }, reconnection: false }) as ClientSocket;
  const next = (name: string): Promise<unknown[]> =>
    new Promise((resolve) => socket.on(name, (...args: unknown[]) => resolve(args)));
  const connected = next("connect");
  const failed = next("connect_error").then(([error]) => {
    throw error;
  });
  await Promise.race([connected, failed]);

  const { engine } = socket.io;
  const used = [engine.transport.name];
  if (transports.length > 1) {
    await new Promise<void>((resolve) => engine.once("upgrade", resolve));
    used.push(engine.transport.name);
  }

  const data = new Uint8Array(70_000).map((_, at) => (at * 7) % 256);
  const returned = await new Promise<ArrayBuffer | Uint8Array>((resolve) => socket.emit("echo", data, resolve));
  const bytes = new Uint8Array(returned as ArrayBuffer);
  const echo = { bytes: bytes.length, isSame: bytes.every((byte, at) => byte === data[at]) };

  const end: string[] = [];
  socket.on("words", (words: string) => end.push(`words: ${words}`));
  const disconnected = next("disconnect");
  socket.emit("leave", "good bye");
  end.push(`disconnect: ${String((await disconnected)[0])}`);

  const other = io(url, { transports: transports.slice(-1), transportOptions: { webtransport }, forceNew: true });
  await new Promise<void>((resolve) => (other as ClientSocket).on("connect", resolve));
  (other as ClientSocket).emit("words", "good bye");
  (other as ClientSocket).disconnect();
  return { transports: used, echo, end };
}
