// Applications and adapters reach this class by the path `socket.io-adapter/dist/in-memory-adapter` as well.
export * from "./adapter.js";
