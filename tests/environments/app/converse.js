/**
 * What every application of tests/environments does: connects, waits for the last transport of its list, and has bytes and text
 * acknowledged.
 */
export async function converse(io, url, transports, options = {}) {
  const socket = io(url, { transports, forceNew: true, reconnection: false, ...options });
  await new Promise((resolve, reject) => {
    socket.on("connect", resolve);
    socket.on("connect_error", reject);
  });
  const { engine } = socket.io;
  const carrier = transports[transports.length - 1];
  if (engine.transport.name !== carrier) await new Promise((resolve) => engine.once("upgrade", resolve));
  const answer = await socket
    .timeout(10_000)
    .emitWithAck("echo", { text: "a € b", bytes: new Uint8Array([0, 1, 255]) });
  const heard = { transport: engine.transport.name, text: answer.text, bytes: [...new Uint8Array(answer.bytes)] };
  const ended = new Promise((resolve) => socket.on("disconnect", resolve));
  socket.disconnect();
  return { ...heard, end: await ended };
}
