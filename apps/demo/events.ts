/** Every event of the chat, in both directions. The server checks all of it at run time: types bind no stranger. */
import type { PictureType } from "./public/rules.js";

/** The answer to whatever a page asks: done, or a reason that can be shown to a person. */
export type Answer<T = object> = ({ ok: true } & T) | { ok: false; reason: string };
export type Ack<T = object> = (answer: Answer<T>) => void;

export interface ChatMessage {
  /** Chosen by the sender, so that a message that is sent again is recognised. */
  id: string;
  room: string;
  author: string;
  text: string;
  picture: Picture | null;
  /** When the server took it, in ms since 1970. */
  sentAt: number;
}

export interface Picture {
  /** Sent as it is: Socket.IO puts it into a binary attachment. An ArrayBuffer when it arrives in a browser. */
  bytes: Uint8Array;
  type: PictureType;
  /** In pixels, so that the page can keep the place free. */
  width: number;
  height: number;
}

export interface Person {
  id: string;
  name: string;
}

export interface RoomSummary {
  name: string;
  people: number;
}

/** `unknown`, since these come from strangers: rules.js reads them. */
export interface ClientToServerEvents {
  join: (request: unknown, ack: Ack<{ room: string }>) => void;
  message: (message: unknown, ack: Ack<{ sentAt: number }>) => void;
  rename: (name: unknown, ack: Ack<{ name: string }>) => void;
  typing: () => void;
  /** Answered at once: the page measures the way there and back. */
  "round-trip": (ack: () => void) => void;
}

export interface ServerToClientEvents {
  rooms: (rooms: RoomSummary[]) => void;
  people: (people: Person[]) => void;
  message: (message: ChatMessage) => void;
  typing: (name: string) => void;
}

export interface SocketData {
  name: string;
  room: string | null;
}
