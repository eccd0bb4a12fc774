import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { runInNewContext } from "node:vm";
import type { Socket } from "engine.io";
import { http, type HttpAnswer } from "../../../tests/support/raw-peer.ts";
import { PATH, serve, type Served } from "./support.ts";

/** A page that polls by script tags and forms, and keeps what its function was called with. */
class Page {
  sid = "";
  readonly #port: number;
  readonly #query: string;

  constructor(served: Served, query: string) {
    this.#port = served.port;
    this.#query = query;
  }

  async poll(): Promise<string> {
    const { body, headers } = await this.#request("GET");
    assert.equal(headers["content-type"], "text/plain; charset=UTF-8");
    const calls: unknown[] = [];
    runInNewContext(body, { ___eio: { 7: (payload: unknown) => calls.push(payload) } });
    assert.equal(calls.length, 1, body);
    return calls[0] as string;
  }

  submit(form: string): Promise<HttpAnswer> {
    return this.#request("POST", form);
  }

  #request(method: string, body?: string): Promise<HttpAnswer> {
    const url = `${PATH}?${this.#query}&transport=polling&j=7${this.sid && `&sid=${this.sid}`}`;
    return http(this.#port, method, url, body, { "content-type": "application/x-www-form-urlencoded" });
  }
}

async function session(served: Served, query: string): Promise<[Page, Socket, unknown[]]> {
  const connection = served.connection();
  const page = new Page(served, query);
  const open = await page.poll();
  page.sid = (JSON.parse(open.slice(open.indexOf("{"))) as { sid: string }).sid;
  const socket = await connection;
  const received: unknown[] = [];
  socket.on("message", (data) => received.push(data));
  return [page, socket, received];
}

/** As a page sends it: newlines, and what looks like them, escaped before the form is encoded. */
const form = (payload: string): string =>
  `d=${encodeURIComponent(payload.replaceAll(/\\?\n|\\n/g, (found) => (found === "\\n" ? "\\\\n" : found.replace("\n", "\\n"))))}`;

for (const eio of [3, 4]) {
  describe(`JSONP polling in revision ${eio}`, () => {
    const framed = (packet: string): string => (eio === 3 ? `${packet.length}:${packet}` : packet);
    const query = `EIO=${eio}`;

    test("payloads arrive as they were sent, both ways", async (t) => {
      const served = await serve(t, { allowEIO3: true });
      const [page, socket, received] = await session(served, query);
      for (const text of ["€😀", '"quotes" and \\', "a\nb", "a\\nb", "\u2028\u2029", "a&b=c+d %41", "</script>"]) {
        assert.equal((await page.submit(form(framed(`4${text}`)))).body, "ok");
        assert.deepEqual(received.splice(0), [text]);
        socket.send(text);
        assert.equal(await page.poll(), framed(`4${text}`));
      }
      assert.equal(socket.readyState, "open");
    });

    test("bytes travel as base64, though nothing asks for it", async (t) => {
      const served = await serve(t, { allowEIO3: true });
      const [page, socket, received] = await session(served, query);
      const packet = eio === 3 ? "10:b4AQIDBA==" : "bAQIDBA==";
      socket.send(Buffer.from([1, 2, 3, 4]));
      assert.equal(await page.poll(), packet);
      await page.submit(form(packet));
      assert.deepEqual(received, [Buffer.from([1, 2, 3, 4])]);
    });

    test("the characters of j that are no digits do not get into the script", async (t) => {
      const served = await serve(t, { allowEIO3: true });
      for (const [j, index] of [
        ["1a2]);alert(1);", "121"],
        ["", ""],
        ["\u0661", ""],
      ] as const) {
        const { body } = await http(
          served.port,
          "GET",
          `${PATH}?${query}&transport=polling&j=${encodeURIComponent(j)}`,
        );
        assert.ok(body.startsWith(`___eio[${index}]("`), body);
      }
    });

    test("a form without one payload brings nothing, a broken one ends the session", async (t) => {
      const served = await serve(t, { allowEIO3: true });
      const [page, socket, received] = await session(served, query);
      for (const body of ["", "x=1", "dd=1", "d", `${form(framed("4a"))}&${form(framed("4b"))}`, "&".repeat(1e6)]) {
        assert.equal((await page.submit(body)).body, "ok");
      }
      assert.deepEqual(received, []);
      await page.submit(`x=1&${form(framed("4a"))}&y=2`);
      assert.deepEqual(received, ["a"]);
      assert.equal(socket.readyState, "open");
      const ending = served.ending();
      await page.submit("d=%FF%zz");
      assert.equal((await ending).reason, "parse error");
    });
  });
}
