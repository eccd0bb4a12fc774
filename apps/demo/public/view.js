/**
 * What the page looks like, and what people do with it. Knows nothing of Socket.IO. Whatever others wrote goes through
 * `textContent`: letters, never HTML.
 */
import { checkPictureSize, looksLikeMarkup, readPicture } from "./rules.js";

/** The page keeps this many messages; older ones go as new ones come. */
const MAX_SHOWN = 200;
/** Messages of one person within this time stand together, in ms. */
const GROUP_MS = 5 * 60_000;
/** A sign of typing holds for this long, in ms. */
const TYPING_MS = 4_000;
/** The largest picture in the conversation, in CSS pixels. */
const PICTURE_BOX = { width: 420, height: 320 };

const STATES = { waiting: "Waiting for the connection", sending: "Sending…", delivered: "✓ Delivered", failed: "" };

const $ = (id) => document.getElementById(id);

export function createView({ onSend, onRetry, onRoom, onName, onTyping, onTryNow }) {
  const clock = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit" });
  const shown = new Map(); // message id -> element
  const typing = new Map(); // name -> timer
  let currentRoom = "";
  let rooms = [];
  let staged = null;
  let atEnd = true;

  // --- The conversation ---

  function showRoom(room) {
    currentRoom = room;
    for (const item of shown.values()) forget(item);
    for (const who of typing.keys()) stopTyping(who);
    $("room-title").textContent = room;
    $("room-count").textContent = "";
    $("people").replaceChildren();
    $("to-end").hidden = true;
    document.title = `${room} · Chat`;
    atEnd = true;
    showEmpty();
    showRooms(rooms);
    closeSide();
  }

  function addMessage(message, { own }) {
    if (shown.has(message.id)) return;
    const item = element("li", { className: own ? "message own" : "message" });
    const previous = $("log").lastElementChild;
    const continues =
      previous?.dataset.author === message.author &&
      previous.classList.contains("own") === own &&
      message.sentAt - Number(previous.dataset.sentAt) < GROUP_MS;
    item.classList.toggle("first", !continues);
    item.classList.add("last");
    if (continues) previous.classList.remove("last");
    Object.assign(item.dataset, { id: message.id, author: message.author });

    const bubble = element("div", { className: "bubble" });
    if (message.picture) bubble.append(picture(message));
    if (message.text) bubble.append(element("p", { textContent: message.text, dir: "auto" }));
    if (looksLikeMarkup(message.text)) {
      bubble.append(
        element("p", { className: "aside", textContent: "Shown as text. Code in messages is never run here." }),
      );
    }
    const byline = element("div", { className: "byline" });
    byline.append(element("b", { textContent: message.author, dir: "auto" }), time(message));
    item.append(byline, avatar(message.author), bubble);
    if (own) item.append(element("div", { className: "status" }));

    $("log").append(item);
    shown.set(message.id, item);
    showState(message);
    stopTyping(message.author);
    if (shown.size > MAX_SHOWN) forget(shown.values().next().value);
    showEmpty();
    if (own || atEnd) toEnd();
    else $("to-end").hidden = false;
  }

  /** `waiting`, `sending`, `delivered` or `failed`, with the reason and a button to try again. */
  function showState(message, reason = "") {
    const item = shown.get(message.id);
    if (item === undefined) return;
    item.dataset.state = message.state;
    item.dataset.sentAt = message.sentAt;
    const status = item.querySelector(".status");
    if (status === null) return; // not ours
    const words = message.state === "failed" ? `Not sent. ${reason}` : STATES[message.state];
    status.replaceChildren(element("span", { textContent: words }));
    if (message.state === "delivered") status.append(time(message));
    if (message.state === "failed") {
      const again = element("button", { type: "button", textContent: "Retry" });
      again.addEventListener("click", () => onRetry(message.id));
      status.append(again);
    }
  }

  function time({ sentAt }) {
    return element("time", { dateTime: new Date(sentAt).toISOString(), textContent: clock.format(sentAt) });
  }

  /** The last message that the server is known to have, so that it sends only what came after. */
  function lastDelivered() {
    return [...shown.values()].findLast((item) => item.dataset.state === "delivered")?.dataset.id ?? null;
  }

  function picture({ picture: { bytes, type, width, height }, author }) {
    const url = URL.createObjectURL(new Blob([bytes], { type }));
    const scale = Math.min(1, PICTURE_BOX.width / width, PICTURE_BOX.height / height);
    // With its size in the attributes, the place is kept free while it is decoded: nothing jumps.
    const image = element("img", { src: url, alt: `Picture from ${author}` });
    image.width = Math.max(32, Math.round(width * scale));
    image.height = Math.max(32, Math.round(height * scale));
    const link = element("a", { href: url, target: "_blank", title: "Open in full size" });
    link.append(image);
    return link;
  }

  function forget(item) {
    const link = item.querySelector(".bubble a");
    if (link) URL.revokeObjectURL(link.href);
    shown.delete(item.dataset.id);
    item.remove();
  }

  function showEmpty() {
    $("empty").hidden = shown.size > 0;
  }

  function toEnd() {
    $("scroller").scrollTop = $("scroller").scrollHeight;
    $("to-end").hidden = true;
    atEnd = true;
  }

  $("scroller").addEventListener("scroll", () => {
    const { scrollHeight, scrollTop, clientHeight } = $("scroller");
    atEnd = scrollHeight - scrollTop - clientHeight < 60;
    if (atEnd) $("to-end").hidden = true;
  });
  $("to-end").addEventListener("click", () => {
    toEnd();
    $("text").focus();
  });
  // A phone's keyboard or a growing text field must not hide what was said last.
  const keepEnd = new ResizeObserver(() => atEnd && toEnd());
  keepEnd.observe($("scroller"));
  keepEnd.observe($("log"));

  // --- Rooms and people ---

  function showRooms(list) {
    rooms = list;
    const all = list.some(({ name }) => name === currentRoom) ? list : [...list, { name: currentRoom, people: 0 }];
    update($("rooms"), all, ({ name, people }) => {
      const link = element("a", { href: `#${encodeURIComponent(name)}` });
      if (name === currentRoom) link.setAttribute("aria-current", "page");
      const count = element("span", { className: "number", textContent: people === 0 ? "" : String(people) });
      if (people > 0) count.setAttribute("aria-label", `${people} here`);
      link.append(element("span", { className: "name", textContent: name }), count);
      return link;
    });
  }

  function showPeople(people, myId) {
    $("room-count").textContent = people.length === 1 ? "Only you are here" : `${people.length} people here`;
    update($("people"), people, ({ id, name }) => {
      const row = document.createDocumentFragment();
      row.append(avatar(name), element("span", { className: "name", textContent: name }));
      if (id === myId) row.append(element("small", { textContent: "you" }));
      return row;
    });
  }

  function showTyping(who) {
    clearTimeout(typing.get(who));
    typing.set(who, setTimeout(stopTyping, TYPING_MS, who));
    writeTyping();
  }

  function stopTyping(who) {
    clearTimeout(typing.get(who));
    if (typing.delete(who)) writeTyping();
  }

  function writeTyping() {
    const names = [...typing.keys()];
    if (names.length > 2) $("typing").textContent = "Several people are typing…";
    else
      $("typing").textContent = names.length ? `${names.join(" and ")} ${names.length > 1 ? "are" : "is"} typing…` : "";
  }

  $("new-room").addEventListener("submit", (event) => {
    event.preventDefault();
    onRoom($("new-room-name").value);
    $("new-room-name").value = "";
  });
  $("rooms").addEventListener("click", (event) => {
    if (event.target.closest("a")) closeSide();
  });
  $("open-side").addEventListener("click", () => setSide(true));
  $("close-side").addEventListener("click", closeSide);
  $("shade").addEventListener("click", closeSide);
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape") closeSide();
  });

  function closeSide() {
    if (document.body.classList.contains("side-open")) setSide(false);
  }

  /** On phones the side slides over the conversation, which must not be reached by Tab meanwhile. */
  function setSide(open) {
    document.body.classList.toggle("side-open", open);
    document.querySelector("main").inert = open;
    $("open-side").setAttribute("aria-expanded", String(open));
    (open ? $("close-side") : $("open-side")).focus();
  }

  // --- Writing ---

  $("composer").addEventListener("submit", (event) => {
    event.preventDefault();
    const text = $("text").value.trim();
    if (text === "" && staged === null) return;
    if (!onSend(text, staged)) return;
    $("text").value = "";
    unstage();
    hideNotice();
    $("text").focus();
  });
  $("text").addEventListener("keydown", (event) => {
    // Enter also ends a composition of Chinese or Japanese: that one is not meant for us.
    if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
    event.preventDefault();
    $("composer").requestSubmit();
  });
  $("text").addEventListener("input", () => {
    if ($("text").value !== "") onTyping();
  });

  // Pictures come from the file picker, from the clipboard, or are dropped.
  $("file").addEventListener("change", () => {
    const [file] = $("file").files;
    if (file) void stage(file);
    $("file").value = "";
  });
  $("text").addEventListener("paste", (event) => {
    const [file] = event.clipboardData.files;
    if (!file) return;
    event.preventDefault();
    void stage(file);
  });
  document.addEventListener("dragover", (event) => {
    event.preventDefault();
    document.body.classList.toggle("dropping", event.dataTransfer.types.includes("Files"));
  });
  document.addEventListener("dragleave", (event) => {
    if (event.relatedTarget === null) document.body.classList.remove("dropping");
  });
  document.addEventListener("drop", (event) => {
    event.preventDefault();
    document.body.classList.remove("dropping");
    const [file] = event.dataTransfer.files;
    if (file) void stage(file);
  });
  $("staged-remove").addEventListener("click", () => {
    unstage();
    $("text").focus();
  });

  async function stage(file) {
    // The size comes first: nobody wants to wait until fifty megabytes are read, only to be told no.
    const size = checkPictureSize(file.size);
    if (!size.ok) return notify(size.reason);
    const bytes = new Uint8Array(await file.arrayBuffer());
    const known = readPicture({ bytes, width: 1, height: 1 });
    if (!known.ok) return notify(known.reason);
    let bitmap;
    try {
      bitmap = await createImageBitmap(new Blob([bytes], { type: known.value.type }));
    } catch {
      return notify("This picture is damaged: it cannot be shown.");
    }
    const sized = readPicture({ bytes, width: bitmap.width, height: bitmap.height });
    bitmap.close();
    if (!sized.ok) return notify(sized.reason);
    unstage();
    staged = sized.value;
    $("staged-image").src = URL.createObjectURL(new Blob([bytes], { type: staged.type }));
    $("staged-text").textContent = `${file.name}, ${Math.ceil(bytes.byteLength / 1000).toLocaleString()} kB`;
    $("staged").hidden = false;
    hideNotice();
    $("text").focus();
  }

  function unstage() {
    staged = null;
    URL.revokeObjectURL($("staged-image").src);
    $("staged-image").removeAttribute("src");
    $("staged").hidden = true;
  }

  // --- Notices, banner, connection ---

  function notify(text) {
    $("notice-text").textContent = text;
    $("notice").hidden = false;
  }

  function hideNotice() {
    $("notice").hidden = true;
  }

  $("notice-close").addEventListener("click", () => {
    hideNotice();
    $("text").focus();
  });

  function showBanner(text, { tryNow }) {
    $("banner-text").textContent = text;
    $("banner-button").hidden = !tryNow;
    $("banner").hidden = false;
  }

  function hideBanner() {
    $("banner").hidden = true;
  }

  $("banner-button").addEventListener("click", onTryNow);

  function showLink(state, transport) {
    Object.assign($("link").dataset, { state, transport });
    $("transport").textContent = transport || "offline";
    if (state === "connected") return;
    $("round-trip").textContent = "";
    // Who is here now, nobody can tell us.
    $("room-count").textContent = "Not connected";
    $("people").replaceChildren();
  }

  function showRoundTrip(ms) {
    $("round-trip").textContent = ms < 1 ? "< 1 ms" : `${Math.round(ms)} ms`;
  }

  // --- Names ---

  function showMe(name) {
    $("my-name").textContent = name;
    $("my-avatar").replaceWith(Object.assign(avatar(name), { id: "my-avatar" }));
    $("name").value = name;
    if ($("name-dialog").open) $("name-dialog").close();
  }

  function askForName(suggestion, error = "") {
    $("name").value = suggestion;
    $("name-error").textContent = error;
    if (!$("name-dialog").open) $("name-dialog").showModal();
    $("name").select();
  }

  $("me").addEventListener("click", () => askForName($("my-name").textContent));
  async function submitName() {
    const refusal = await onName($("name").value);
    $("name-error").textContent = refusal ?? "";
    if (refusal === null) $("text").focus();
    else $("name").select();
  }
  $("name-form").addEventListener("submit", (event) => {
    event.preventDefault();
    void submitName();
  });
  $("name-dialog").addEventListener("cancel", (event) => {
    if ($("my-name").textContent === "…") event.preventDefault(); // nobody chats without a name
  });

  return {
    showRoom,
    addMessage,
    showState,
    lastDelivered,
    showRooms,
    showPeople,
    showTyping,
    notify,
    showBanner,
    hideBanner,
    showLink,
    showRoundTrip,
    showMe,
    askForName,
  };
}

function element(tag, properties = {}) {
  return Object.assign(document.createElement(tag), properties);
}

function avatar(name) {
  const initial = [...new Intl.Segmenter().segment(name)][0]?.segment ?? "";
  const mark = element("span", { className: "avatar", textContent: initial.toUpperCase() });
  mark.setAttribute("aria-hidden", "true");
  let hash = 0;
  for (const letter of name) hash = (hash * 31 + letter.codePointAt(0)) % 360;
  mark.style.setProperty("--hue", String(hash));
  return mark;
}

/** Fills a list, and gives the focus back to the row that had it. */
function update(list, entries, build) {
  const focused = [...list.children].findIndex((row) => row.contains(document.activeElement));
  list.replaceChildren(
    ...entries.map((entry) => {
      const row = element("li");
      row.append(build(entry));
      return row;
    }),
  );
  if (focused >= 0) list.children[Math.min(focused, entries.length - 1)]?.querySelector("a")?.focus();
}
