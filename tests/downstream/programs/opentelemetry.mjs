/** A server whose events OpenTelemetry traces: the instrumentation patches what it finds as socket.io is loaded. */
import { createRequire } from "node:module";
import { serve } from "./program.mjs";

const require = createRequire(import.meta.url);
const { context, SpanKind, trace } = require("@opentelemetry/api");
const { AsyncLocalStorageContextManager } = require("@opentelemetry/context-async-hooks");
const { SocketIoInstrumentation } = require("@opentelemetry/instrumentation-socket.io");
const { BasicTracerProvider, InMemorySpanExporter, SimpleSpanProcessor } = require("@opentelemetry/sdk-trace-base");

const exporter = new InMemorySpanExporter();
const provider = new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] });
context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
trace.setGlobalTracerProvider(provider);
const versions = [];
const instrumentation = new SocketIoInstrumentation({
  emitHook: (span, { moduleVersion }) => versions.push(moduleVersion),
});
instrumentation.setTracerProvider(provider);

// By require or by import, the same classes: they are patched before the first of them is used.
const { Server } = process.env.HOW === "import" ? await import("socket.io") : require("socket.io");
const io = new Server();
io.on("connection", (socket) => {
  socket.join("a room");
  socket.on("question", (value, answer) => {
    socket.emit("inside", trace.getSpan(context.active()).name);
    answer(value + 1);
  });
  socket.on("later", async (answer) => {
    await new Promise((resolve) => setImmediate(resolve));
    answer();
    throw new Error("after the answer");
  });
});
process.on("unhandledRejection", () => {});
io.of("/chat").on("connection", () => {});
io.listen(0);

const spans = () =>
  exporter.getFinishedSpans().map(({ name, kind, attributes, status, events }) => ({
    name,
    kind: SpanKind[kind],
    attributes,
    status: status.code,
    events: events.map((event) => event.name),
  }));

serve(
  [],
  {
    emit: (kind) => {
      exporter.reset();
      const [socket] = io.sockets.sockets.values();
      if (kind === "socket") socket.emit("told", 1);
      if (kind === "room") io.to("a room").emit("told", 1);
      if (kind === "all") io.emit("told", 1);
      if (kind === "namespace") io.of("/chat").emit("told", 1);
      if (kind === "broadcast") socket.broadcast.emit("told", 1);
      return spans();
    },
    reset: () => exporter.reset(),
    spans,
    versions: () => [...new Set(versions)],
    disable: () => {
      instrumentation.disable();
      exporter.reset();
      io.emit("told", 2);
      return spans();
    },
  },
  { port: io.httpServer.address().port },
);
