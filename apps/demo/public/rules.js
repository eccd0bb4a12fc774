/**
 * What the chat accepts. One module for both sides: the page asks it before it sends, so that people get their answer at
 * once; the server asks it again, since not everybody who connects is our page.
 */
export const LIMITS = Object.freeze({
  nameLength: 40,
  roomLength: 40,
  textLength: 2000,
  /** One picture, in bytes. */
  pictureBytes: 2_000_000,
  /** One message on the wire (`maxHttpBufferSize`), in bytes: a picture in base64, as polling sends it, and the rest. */
  packetBytes: 3_000_000,
  /** Either side of a picture, in pixels. */
  pictureSide: 20_000,
});

const accept = (value) => ({ ok: true, value });
const refuse = (reason) => ({ ok: false, reason });

export function readName(input) {
  return readLabel(input, "name", LIMITS.nameLength);
}

export function readRoom(input) {
  return readLabel(input, "room name", LIMITS.roomLength);
}

/** `{ room, after }`: the room to enter, and the last message that the page already shows (or null). */
export function readJoin(input) {
  if (!isRecord(input)) return refuse("A join request must be an object.");
  const room = readRoom(input.room);
  if (!room.ok) return room;
  const after = input.after ?? null;
  if (after !== null && !isId(after)) return refuse("The last seen message must be a message id.");
  return accept({ room: room.value, after });
}

/** `{ id, room, text, picture }`: something to say. Text may be empty only beside a picture. */
export function readMessage(input) {
  if (!isRecord(input)) return refuse("A message must be an object.");
  if (!isId(input.id)) return refuse("A message needs an id of 16 to 40 letters, digits and dashes.");
  const room = readRoom(input.room);
  if (!room.ok) return room;

  const text = input.text ?? "";
  if (typeof text !== "string") return refuse("The text of a message must be a string.");
  if (text.length > LIMITS.textLength) return refuse(tooLong("message", text, LIMITS.textLength));

  let picture = null;
  if (input.picture !== null && input.picture !== undefined) {
    const read = readPicture(input.picture);
    if (!read.ok) return read;
    picture = read.value;
  }
  if (text.trim() === "" && picture === null) return refuse("This message is empty.");
  return accept({ id: input.id, room: room.value, text, picture });
}

/** `{ bytes, width, height }`. What kind of picture it is, the bytes tell, not the sender. */
export function readPicture(input) {
  if (!isRecord(input)) return refuse("A picture must be an object.");
  const { width, height } = input;
  const bytes = input.bytes instanceof ArrayBuffer ? new Uint8Array(input.bytes) : input.bytes;
  if (!(bytes instanceof Uint8Array)) return refuse("A picture must be sent as binary.");
  const size = checkPictureSize(bytes.byteLength);
  if (!size.ok) return size;
  const type = pictureType(bytes);
  if (type === null) return refuse("This is not a picture: PNG, JPEG, GIF, WebP and AVIF can be sent.");
  if (!isSide(width) || !isSide(height)) return refuse("A picture needs its width and height in pixels.");
  return accept({ bytes, type, width, height });
}

/** Apart from {@link readPicture}, so that the page can refuse a huge file without reading it. */
export function checkPictureSize(bytes) {
  if (bytes <= LIMITS.pictureBytes) return accept(bytes);
  return refuse(
    `This picture has ${megabytes(bytes)}; the most that can be sent is ${megabytes(LIMITS.pictureBytes)}.`,
  );
}

export function megabytes(bytes) {
  return `${(bytes / 1e6).toLocaleString("en", { maximumFractionDigits: 1 })} MB`;
}

/** True for text that a careless page would have run as HTML. We show it letter by letter and say so. */
export function looksLikeMarkup(text) {
  return /<[a-z!/][^>]*>/i.test(text);
}

function readLabel(input, what, maxLength) {
  if (typeof input !== "string") return refuse(`A ${what} must be a string.`);
  // Length first: whatever follows costs time in proportion to it.
  if (input.length > maxLength) return refuse(tooLong(what, input, maxLength));
  const label = input.normalize("NFC").trim().replace(/\s+/gu, " ");
  if (label === "") return refuse(`A ${what} needs at least one letter.`);
  if (UNSEEN.test(label)) return refuse(`A ${what} must not contain invisible characters.`);
  return accept(label);
}

function tooLong(what, input, maxLength) {
  return `This ${what} has ${input.length.toLocaleString("en")} characters; at most ${maxLength.toLocaleString("en")} are allowed.`;
}

/** By the first bytes of the file. SVG is left out on purpose: it is a document that can hold script. */
function pictureType(bytes) {
  const latin = String.fromCharCode(...bytes.subarray(0, 16));
  if (latin.startsWith("\x89PNG\r\n\x1a\n")) return "image/png";
  if (latin.startsWith("\xff\xd8\xff")) return "image/jpeg";
  if (latin.startsWith("GIF87a") || latin.startsWith("GIF89a")) return "image/gif";
  if (latin.startsWith("RIFF") && latin.slice(8, 12) === "WEBP") return "image/webp";
  if (latin.slice(4, 12) === "ftypavif") return "image/avif";
  return null;
}

function isRecord(input) {
  return typeof input === "object" && input !== null && !Array.isArray(input);
}

function isId(input) {
  return typeof input === "string" && /^[A-Za-z0-9-]{16,40}$/.test(input);
}

function isSide(input) {
  return Number.isInteger(input) && input >= 1 && input <= LIMITS.pictureSide;
}

// Control characters, and marks that hide, reverse or imitate. The joiner U+200D stays: emoji are made with it.
const UNSEEN = /[\p{Cc}\u00ad\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff]/u;
