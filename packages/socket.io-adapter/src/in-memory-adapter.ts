// Applications and adapters reach these classes by the path `socket.io-adapter/dist/in-memory-adapter` as well.
export * from "./adapter.js";
export * from "./session-aware-adapter.js";
