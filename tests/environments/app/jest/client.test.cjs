/* What somebody writes who tests an application with Jest and jsdom. Run by tests/environments/jest.test.ts. */
const io = require("socket.io-client");
const { io: websocketOnly } = require("socket.io-client/websocket");

const url = process.env.ECHO_URL;
const DATA = { text: "a € b", bytes: new Uint8Array([0, 1, 255]) };

async function converse(connect, transports) {
  const socket = connect(url, { transports, forceNew: true, reconnection: false });
  await new Promise((resolve, reject) => {
    socket.on("connect", resolve);
    socket.on("connect_error", reject);
  });
  const { engine } = socket.io;
  const carrier = transports[transports.length - 1];
  if (engine.transport.name !== carrier) {
    await new Promise((resolve, reject) => engine.once("upgrade", resolve).once("upgradeError", reject));
  }
  const { text, bytes } = await socket.timeout(10_000).emitWithAck("echo", DATA);
  socket.disconnect();
  return { transport: engine.transport.name, text, bytes: [...new Uint8Array(bytes)] };
}

const heard = (transport) => ({ transport, text: "a € b", bytes: [0, 1, 255] });

test("the page is jsdom's, and the module is CommonJS", () => {
  expect(navigator.userAgent).toMatch(/jsdom/);
  expect(typeof io).toBe("function");
  expect(Object.keys(io).sort()).toEqual(["Manager", "Socket", "connect", "io"]);
});

test.each([[["polling"]], [["websocket"]], [["polling", "websocket"]]])("connects over %j", async (transports) => {
  expect(await converse(io, transports)).toEqual(heard(transports[transports.length - 1]));
});

test("connects over websocket by the entry of that name", async () => {
  expect(await converse(websocketOnly, ["websocket"])).toEqual(heard("websocket"));
});
