import assert from "node:assert/strict";
import type { Socket } from "socket.io-client";
import { insides } from "../client/stage.ts";

/** Reasons that may be told at an end; those that are found by the client itself have no details. */
const REASONS: Readonly<Record<string, { readonly details: boolean }>> = {
  "io server disconnect": { details: false },
  "io client disconnect": { details: false },
  "ping timeout": { details: false },
  "forced close": { details: false },
  "transport close": { details: true },
  "transport error": { details: true },
};

/** What a Socket tells, and whether that agrees with what it is. */
export class Journal {
  readonly entries: string[] = [];
  /** By what was told. */
  connected = false;
  /** Tellings that contradict each other or say too little. */
  readonly faults: string[] = [];
  readonly #socket: Socket;
  /** The engine is open, or was and its end has not been told. */
  #isOpen = false;

  constructor(socket: Socket) {
    this.#socket = socket;
    socket.on("connect", () => {
      this.#note("connect", !this.connected && socket.connected && typeof socket.id === "string");
      this.connected = true;
    });
    socket.on("disconnect", (reason, details) => {
      const known = REASONS[reason];
      const isClear = known !== undefined && (details !== undefined) === known.details;
      // The end of an engine that was open is told before the answer to CONNECT as well.
      const isDue = this.connected || (this.#isOpen && !reason.startsWith("io "));
      this.#note(`disconnect: ${reason}`, isDue && isClear && !socket.connected && socket.id === undefined);
      this.connected = this.#isOpen = false;
    });
    socket.io.on("open", () => (this.#isOpen = true));
    socket.on("connect_error", (error) => {
      const isClear = error instanceof Error && error.message !== "";
      this.#note(`connect_error: ${error.message}`, isClear && !this.connected);
    });
  }

  get last(): string {
    return this.entries.at(-1) ?? "nothing";
  }

  /** Fails if the Socket is neither connected nor on the way to it, and its listeners were not told why. */
  assertNoLimbo(): void {
    const socket = this.#socket;
    assert.deepEqual(this.faults, [], "what was told");
    assert.equal(socket.connected, this.connected, `connected as told; last: ${this.last}`);
    const { io: manager } = socket;
    const { _readyState: state, _reconnecting: isReconnecting } = insides(manager);
    if (socket.connected) {
      // One that was told to close lets come to its end what is under way.
      assert.match(manager.engine.readyState, /^(open|closing)$/, "a connected Socket has an engine");
    } else if (!socket.active) {
      assert.match(
        this.last,
        /^disconnect: io (server|client) disconnect$/,
        "inactive, so that it must have been told",
      );
    } else if (state === "closed" && !isReconnecting) {
      assert.equal(manager.reconnection(), false, "closed, though it should come back");
      assert.match(this.last, /^(disconnect|connect_error): /, "closed, so that it must have been told");
    }
  }

  #note(entry: string, isRight: boolean): void {
    this.entries.push(entry);
    if (!isRight) this.faults.push(`${entry}, after ${this.entries.slice(-4, -1).join(", ")}`);
  }
}
