/**
 * The conversation with the server: all of the page's Socket.IO is in this file. What it looks like is in view.js, what is
 * accepted in rules.js.
 */
import { io } from "/socket.io/socket.io.esm.min.js";
import { LIMITS, megabytes, readMessage, readName, readRoom } from "./rules.js";
import { createView } from "./view.js";

const LOBBY = "lobby";
/** How long we wait for an answer, in ms. Generous, since two megabytes take their time on a phone. */
const ANSWER_MS = 30_000;
/** So often may the connection break under one message; then that message is under suspicion. */
const MAX_LOSSES = 3;
const TYPING_EVERY_MS = 2_000;
const ROUND_TRIP_EVERY_MS = 2_000;

let name = rememberedName();
let room = roomInAddress();
/** The room in which the server has put us, or null. */
let joined = null;
let lastTyping = -Infinity;
/** What the server has not taken yet, by message id, oldest first. */
const outbox = new Map();
const sentIds = new Set(JSON.parse(sessionStorage.getItem("chat.sent") ?? "[]"));

const view = createView({ onSend: send, onRetry: retry, onRoom: chooseRoom, onName: chooseName, onTyping, onTryNow });

// `auth` is a function, so that each (re)connection tells the name of that moment.
const socket = io({
  autoConnect: false,
  auth: (tell) => tell({ name }),
  reconnectionDelay: 500,
  reconnectionDelayMax: 4_000,
});

view.showRoom(room);
window.addEventListener("hashchange", () => enter(roomInAddress()));
setInterval(measureRoundTrip, ROUND_TRIP_EVERY_MS);
if (name === null) {
  view.askForName(suggestedName());
} else {
  view.showMe(name);
  socket.connect();
}

// --- The connection ---

socket.on("connect", () => {
  view.hideBanner();
  measureRoundTrip();
  void join();
});

socket.on("disconnect", (reason, details) => {
  joined = null;
  if (isTooLarge(details)) {
    view.notify(tooLarge());
    // Sending it again would only end the next connection. Text was not the cause: it waits for the reconnection.
    for (const draft of outbox.values()) if (draft.picture && draft.state === "sending") fail(draft, tooLarge());
  }
  // `active` means that the client reconnects by itself. It does not when the server has sent us away.
  if (socket.active) view.showBanner("Connection lost. Reconnecting…", { tryNow: true });
  else view.showBanner("The server ended the connection.", { tryNow: true });
});

socket.on("connect_error", (error) => {
  if (socket.active) return; // the network; `reconnect_attempt` tells the rest
  if (error.data?.field === "name") view.askForName(name ?? suggestedName(), error.message);
  else view.showBanner(error.message, { tryNow: true });
});

// The Manager (`socket.io`) knows about attempts, and about the connection below.
socket.io.on("reconnect_attempt", (attempt) => {
  view.showBanner(`Connection lost. Reconnecting, attempt ${attempt}…`, { tryNow: true });
});

socket.io.on("open", () => {
  const { engine } = socket.io;
  view.showLink("connected", engine.transport.name);
  engine.on("upgrade", (transport) => view.showLink("connected", transport.name));
});

socket.io.on("close", () => view.showLink("lost", ""));

function onTryNow() {
  socket.disconnect().connect(); // does not wait for the next attempt
}

/** A volatile event is dropped when it cannot be sent at once: a late measurement would be worth nothing. */
function measureRoundTrip() {
  if (!socket.connected) return;
  const start = performance.now();
  socket.volatile.timeout(ANSWER_MS).emit("round-trip", (error) => {
    if (!error) view.showRoundTrip(performance.now() - start);
  });
}

/** Over WebSocket close code 1009, over polling HTTP status 413. */
function isTooLarge(details) {
  return details?.context?.code === 1009 || details?.context?.status === 413 || details?.description === 413;
}

function tooLarge() {
  return `The server takes no message of more than ${megabytes(LIMITS.packetBytes)}.`;
}

// --- Rooms ---

socket.on("rooms", (rooms) => view.showRooms(rooms));
socket.on("people", (people) => view.showPeople(people, socket.id));
socket.on("typing", (who) => view.showTyping(who));

function chooseRoom(input) {
  const read = readRoom(input);
  if (!read.ok) return view.notify(read.reason);
  location.hash = encodeURIComponent(read.value);
}

function enter(next) {
  if (next === room) return;
  room = next;
  view.showRoom(room);
  for (const draft of outbox.values()) if (draft.room === room) view.addMessage(draft, { own: true });
  if (socket.connected) void join();
}

/** Asks for our room: after each (re)connection, and after a change. History follows as ordinary messages. */
async function join() {
  const wanted = room;
  let answer;
  try {
    answer = await socket.timeout(ANSWER_MS).emitWithAck("join", { room: wanted, after: view.lastDelivered() });
  } catch {
    if (socket.connected && wanted === room) void join();
    return; // disconnected: `connect` asks again
  }
  if (wanted !== room) return;
  if (answer.ok) {
    joined = wanted;
    for (const draft of outbox.values()) if (draft.room === joined && draft.state === "waiting") void deliver(draft);
    return;
  }
  view.notify(answer.reason);
  const refuge = joined ?? LOBBY;
  if (wanted !== refuge) location.hash = encodeURIComponent(refuge);
}

function roomInAddress() {
  try {
    const read = readRoom(decodeURIComponent(location.hash.slice(1)));
    return read.ok ? read.value : LOBBY;
  } catch {
    return LOBBY; // the address was not made by us
  }
}

// --- Messages ---

socket.on("message", (message) => {
  if (message.room !== room) return; // we have just left
  if (outbox.has(message.id)) return delivered(outbox.get(message.id), message.sentAt);
  view.addMessage({ ...message, state: "delivered" }, { own: sentIds.has(message.id) });
});

/** Returns whether the message was accepted for sending. */
function send(text, picture) {
  const draft = { id: randomId(), room, author: name, text, picture, sentAt: Date.now(), state: "waiting", losses: 0 };
  const read = readMessage(draft);
  if (!read.ok) {
    view.notify(read.reason);
    return false;
  }
  remember(draft.id);
  lastTyping = -Infinity; // others have stopped showing it
  outbox.set(draft.id, draft);
  view.addMessage(draft, { own: true });
  void deliver(draft);
  return true;
}

/** Safe to do twice: the server recognises the id. */
async function deliver(draft) {
  if (!socket.connected || joined !== draft.room) return setState(draft, "waiting");
  setState(draft, "sending");
  const { id, text, picture } = draft;
  try {
    const answer = await socket.timeout(ANSWER_MS).emitWithAck("message", { id, room: draft.room, text, picture });
    if (answer.ok) delivered(draft, answer.sentAt);
    else fail(draft, answer.reason);
  } catch (error) {
    if (draft.state !== "sending") return; // decided meanwhile
    // Nothing was sent: the client knows what the server takes.
    if (error.code === "ERR_TOO_LARGE") return fail(draft, tooLarge());
    draft.losses += 1;
    if (socket.connected) fail(draft, "The server did not answer.");
    else if (draft.losses >= MAX_LOSSES) fail(draft, "The connection broke each time it was sent.");
    else setState(draft, "waiting");
  }
}

function retry(id) {
  const draft = outbox.get(id);
  if (draft) void deliver(draft);
}

function delivered(draft, sentAt) {
  outbox.delete(draft.id);
  draft.sentAt = sentAt;
  setState(draft, "delivered");
}

function fail(draft, reason) {
  setState(draft, "failed", reason);
}

function setState(draft, state, reason) {
  draft.state = state;
  view.showState(draft, reason);
}

function onTyping() {
  const now = performance.now();
  if (!socket.connected || now - lastTyping < TYPING_EVERY_MS) return;
  lastTyping = now;
  socket.volatile.emit("typing");
}

/** So that a page that is loaded again knows its own words in the history. */
function remember(id) {
  sentIds.add(id);
  sessionStorage.setItem("chat.sent", JSON.stringify([...sentIds].slice(-100)));
}

/** `crypto.randomUUID` exists on https and localhost only; a phone may come by plain http. */
function randomId() {
  return Array.from(crypto.getRandomValues(new Uint8Array(12)), (byte) => byte.toString(16).padStart(2, "0")).join("");
}

// --- Names ---

/** Returns why the name is refused, or null. */
async function chooseName(input) {
  const read = readName(input);
  if (!read.ok) return read.reason;
  if (socket.connected) {
    try {
      const answer = await socket.timeout(ANSWER_MS).emitWithAck("rename", read.value);
      if (!answer.ok) return answer.reason;
    } catch {
      // Disconnected meanwhile: the next connection brings the name by `auth`.
    }
  }
  name = read.value;
  // This tab keeps its name; a new tab starts with the last one chosen. So two tabs can be two people.
  sessionStorage.setItem("chat.name", name);
  localStorage.setItem("chat.name", name);
  view.showMe(name);
  if (!socket.active) socket.connect();
  return null;
}

function rememberedName() {
  const stored = sessionStorage.getItem("chat.name") ?? localStorage.getItem("chat.name");
  const read = readName(stored ?? "");
  if (!read.ok) return null;
  sessionStorage.setItem("chat.name", read.value);
  return read.value;
}

function suggestedName() {
  const pick = (words) => words[crypto.getRandomValues(new Uint8Array(1))[0] % words.length];
  return `${pick(["Quiet", "Brave", "Sunny", "Swift", "Gentle", "Merry", "Clever", "Bold"])} ${pick([
    "Otter",
    "Heron",
    "Fox",
    "Badger",
    "Robin",
    "Lynx",
    "Hare",
    "Owl",
  ])}`;
}
