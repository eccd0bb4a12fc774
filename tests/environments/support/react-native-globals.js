/*
 * What React Native gives to an application, as far as the client may ask for it. Runs in a bare vm context, before the bundle; `native`
 * is the bridge to the other side, over which bytes travel as base64, as they do there. Absent, as there: `location`, `document`,
 * `addEventListener`, `crypto`, `TextDecoder`, and `TextEncoder`, which old releases lack too.
 */
// oxlint-disable-next-line no-unused-expressions -- the function is what the script gives
(function defineGlobals(native) {
  globalThis.window = globalThis.self = globalThis.global = globalThis;
  globalThis.navigator = { product: "ReactNative" };
  globalThis.setTimeout = (callback, ms) => native.setTimeout(callback, ms);
  globalThis.clearTimeout = (timer) => native.clearTimeout(timer);
  globalThis.queueMicrotask = (callback) => void Promise.resolve().then(callback);
  globalThis.console = native.console;
  globalThis.performance = { now: () => Date.now() };
  globalThis.atob = (text) => native.atob(text);
  globalThis.btoa = (text) => native.btoa(text);
  globalThis.URLSearchParams = native.URLSearchParams;
  globalThis.Blob = class Blob {
    #text;
    constructor(parts = []) {
      this.#text = parts.join("");
      if (parts.some((part) => typeof part !== "string")) {
        throw new Error("Creating blobs from 'ArrayBuffer' and 'ArrayBufferView' are not supported");
      }
    }
    get size() {
      return native.byteLength(this.#text);
    }
  };

  const toBase64 = (data) => {
    const bytes = ArrayBuffer.isView(data)
      ? new Uint8Array(data.buffer, data.byteOffset, data.byteLength)
      : new Uint8Array(data);
    return native.btoa(String.fromCharCode(...bytes));
  };
  const fromBase64 = (text) => Uint8Array.from(native.atob(text), (letter) => letter.charCodeAt(0)).buffer;

  globalThis.WebSocket = class WebSocket {
    readyState = 0;
    #socket;
    constructor(url, protocols, options = {}) {
      const { headers = {}, ...unknown } = options;
      // React Native warns of what it does not know.
      native.noteUnknownOptions(Object.keys(unknown));
      this.#socket = native.openWebSocket(url, protocols, headers, (type, payload) => {
        if (type === "open") this.readyState = 1;
        if (type === "close") this.readyState = 3;
        if (type === "message") {
          const { text, base64 } = payload;
          this.onmessage?.({ type, data: base64 === undefined ? text : fromBase64(base64) });
        } else this[`on${type}`]?.({ type, ...payload });
      });
    }
    send(data) {
      if (typeof data === "string") this.#socket.sendText(data);
      else if (data instanceof ArrayBuffer || ArrayBuffer.isView(data)) this.#socket.sendBase64(toBase64(data));
      else throw new Error("Unsupported data type");
    }
    close(code, reason) {
      this.#socket.close(code, reason);
    }
  };

  globalThis.XMLHttpRequest = class XMLHttpRequest {
    readyState = 0;
    status = 0;
    responseText = "";
    withCredentials = true;
    timeout = 0;
    #headers = {};
    #request;
    #abort = () => {};
    open(method, url) {
      this.#request = { method, url };
      this.readyState = 1;
    }
    setRequestHeader(name, value) {
      this.#headers[name.toLowerCase()] = value;
    }
    send(body) {
      this.#abort = native.request({ ...this.#request, headers: this.#headers, body }, (status, text) => {
        this.status = status;
        this.responseText = text;
        this.readyState = 4;
        this.onreadystatechange?.();
        if (status === 0) this.onerror?.({ type: "error" });
        else this.onload?.({ type: "load" });
        this.onloadend?.({ type: "loadend" });
      });
    }
    abort() {
      this.#abort();
    }
  };
});
