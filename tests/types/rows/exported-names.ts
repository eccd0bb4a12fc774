// What each package exports, as values and as types (rows T-1 to T-6, T-9; S-3).
import * as server from "socket.io";
import * as client from "socket.io-client";
import * as engine from "engine.io";
import * as engineClient from "engine.io-client";
import * as engineParser from "engine.io-parser";
import * as parser from "socket.io-parser";
import * as msgpack from "socket.io-msgpack-parser";

/** How a compiler shows a CommonJS module to an ES one is not the package's doing. */
type Values<Module> = Exclude<keyof Module, "default" | "module.exports">;

// T-1, S-3
same<Values<typeof server>, "Server" | "Socket" | "Namespace">();
export type OfServer = [
  server.BroadcastOperator<{}, any>,
  server.RemoteSocket<{}, any>,
  server.DisconnectReason,
  server.ServerOptions,
  server.DefaultEventsMap,
  server.ExtendedError,
  server.Event,
];
same<server.Event, [string, ...any[]]>();
same<server.ExtendedError["data"], any>();
assignable<server.ExtendedError, Error>();
// @ts-expect-error it is exported as a type alone.
server.BroadcastOperator;
// @ts-expect-error the same.
server.RemoteSocket;
same<
  server.DisconnectReason,
  | "transport error"
  | "transport close"
  | "forced close"
  | "ping timeout"
  | "parse error"
  | "server shutting down"
  | "forced server close"
  | "client namespace disconnect"
  | "server namespace disconnect"
>();

// T-2
type ClientNames =
  | ("io" | "connect" | "Manager" | "Socket" | "protocol")
  | ("Fetch" | "NodeXHR" | "XHR" | "NodeWebSocket" | "WebSocket" | "WebTransport");
same<Values<typeof client>, ClientNames>();
typeOf(client.default).is<typeof client.io>();
typeOf(client.protocol).is<number>();
export type OfClient = [
  client.DisconnectDescription,
  client.ExtendedError,
  client.ManagerOptions,
  client.ManagerReservedEvents,
  client.SocketOptions,
  client.SocketReservedEvents,
];
same<
  client.Socket.DisconnectReason,
  | "io server disconnect"
  | "io client disconnect"
  | "ping timeout"
  | "transport close"
  | "transport error"
  | "parse error"
>();
same<client.ExtendedError["data"], any>();
same<Parameters<client.ManagerReservedEvents["reconnect_attempt"]>, [attempt: number]>();
same<keyof client.SocketReservedEvents, "connect" | "connect_error" | "disconnect">();

// T-3
type EngineNames =
  | "Server"
  | "uServer"
  | "Socket"
  | "Transport"
  | "transports"
  | "listen"
  | "attach"
  | "parser"
  | "protocol";
same<Values<typeof engine>, EngineNames>();
export type OfEngine = [engine.BaseServer, engine.AttachOptions, engine.ServerOptions, engine.ErrorCallback];

// T-4
type EngineClientNames =
  | (
      | "Socket"
      | "protocol"
      | "Transport"
      | "TransportError"
      | "transports"
      | "installTimerFunctions"
      | "parse"
      | "nextTick"
    )
  | ("Fetch" | "NodeXHR" | "XHR" | "NodeWebSocket" | "WebSocket" | "WebTransport");
same<Exclude<EngineClientNames, keyof typeof engineClient>, never>();
export type OfEngineClient = [
  engineClient.HandshakeData,
  engineClient.SocketOptions,
  engineClient.SocketReservedEvents,
  engineClient.WriteOptions,
  engineClient.TransportCtor,
  engineClient.TransportName,
  engineClient.TransportReservedEvents,
  engineClient.Cookie,
];

// T-5
type EngineParserNames =
  | ("protocol" | "encodePacket" | "encodePayload" | "decodePacket" | "decodePayload")
  | ("createPacketEncoderStream" | "createPacketDecoderStream");
same<Values<typeof engineParser>, EngineParserNames>();
export type OfEngineParser = [
  engineParser.Packet,
  engineParser.PacketType,
  engineParser.RawData,
  engineParser.BinaryType,
];
same<engineParser.PacketType, "open" | "close" | "ping" | "pong" | "message" | "upgrade" | "noop" | "error">();

// T-6
same<Values<typeof parser>, "protocol" | "PacketType" | "Encoder" | "Decoder" | "isPacketValid">();
export type OfParser = [parser.Packet, parser.DecoderOptions];
same<parser.Packet["data"], any>();
same<parser.Packet["type"], parser.PacketType>();

// T-9
assignable<"Encoder" | "Decoder" | "PacketType" | "protocol", keyof typeof msgpack>();
