/** What the chat refuses: in the page, with a clear message, and in the server, for clients that are not our page. */
import assert from "node:assert/strict";
import type { Page } from "playwright-core";
import { io as connect, type Socket } from "socket.io-client";
import { demoFor, drop, enterAs, isOnline, say, sees, seesNotice } from "./support/chat.js";
import { browserTest } from "./support/chromium.js";
import { noise, png } from "./support/png.js";
import { assertOurPackages } from "./support/provenance.js";

/** Valid whatever follows: decoders stop at the end of the image. */
const small = png(8, 8, noise());

browserTest("script in a message is shown as text and never run", async ({ open, t }) => {
  const demo = await demoFor(t);
  const ada = await open(demo.url);
  await assertOurPackages(ada);
  const bo = await open(demo.url);
  await enterAs(ada, "<b>Ada</b>");
  await enterAs(bo, "Bo");
  const attack = `<script>window.attacked = 1</script><img src="x" onerror="window.attacked = 2">`;
  await say(ada, attack);
  await sees(bo, "Code in messages is never run here");
  assert.equal(await bo.locator(".bubble p").first().textContent(), attack);
  assert.equal(await bo.locator(".byline b").first().textContent(), "<b>Ada</b>");
  assert.equal(await bo.locator("#log script, #log img, #log b b").count(), 0);
  for (const page of [ada, bo]) assert.equal(await page.evaluate("window.attacked"), undefined);
});

browserTest(
  "the page refuses a long name, a long message, a huge picture and what is no picture",
  async ({ open, t }) => {
    const demo = await demoFor(t);
    const page = await open(demo.url);
    await assertOurPackages(page);

    await page.getByLabel("Your name").fill("x".repeat(10_000));
    await page.getByRole("button", { name: "Start chatting" }).click();
    await page.getByText("This name has 10,000 characters; at most 40 are allowed.").waitFor();
    await enterAs(page, "Ada");

    await say(page, "y".repeat(2001));
    await seesNotice(page, "This message has 2,001 characters; at most 2,000 are allowed.");
    assert.equal(
      await page.getByLabel("Message", { exact: true }).inputValue(),
      "y".repeat(2001),
      "nothing typed is lost",
    );

    await drop(page, "huge.png", small, 50_000_000);
    await seesNotice(page, "This picture has 50 MB; the most that can be sent is 2 MB.");
    await drop(page, "drawing.svg", Buffer.from(`<svg xmlns="http://www.w3.org/2000/svg"><script>1</script></svg>`));
    await seesNotice(page, "This is not a picture");
    await drop(page, "broken.png", small.subarray(0, 30));
    await seesNotice(page, "This picture is damaged");
    await page.getByLabel("Name of a new room").fill("z".repeat(41));
    await page.getByLabel("Name of a new room").press("Enter");
    await seesNotice(page, "This room name has 41 characters; at most 40 are allowed.");

    await say(page, "fine");
    await sees(page, "fine");
    assert.equal(await page.locator("#notice").isVisible(), false);
  },
);

for (const transport of ["websocket", "polling"]) {
  browserTest(`a page without limits is refused over ${transport}, and nothing else is lost`, async ({ open, t }) => {
    const demo = await demoFor(t);
    const ada = await open(demo.url, { prepare: (page) => forgetLimits(page, transport) });
    await assertOurPackages(ada);
    const bo = await open(demo.url);
    await enterAs(ada, "Ada");
    await enterAs(bo, "Bo");
    await isOnline(ada, transport);

    await drop(ada, "large.png", small, 2_100_000);
    await ada.locator("#staged", { hasText: "large.png" }).waitFor();
    await say(ada, "a bit too much");
    await sees(ada, "Not sent. This picture has 2.1 MB; the most that can be sent is 2 MB.", "failed");
    assert.equal(await ada.locator("#banner").isVisible(), false, "a refusal by answer keeps the connection");

    // Beyond the limit of the protocol, the client does not send it: the server would end the connection.
    await drop(ada, "huge.png", small, 20_000_000);
    await ada.locator("#staged", { hasText: "huge.png" }).waitFor();
    await say(ada, "far too much");
    await say(ada, "written right after it");
    await sees(ada, "Not sent. The server takes no message of more than 3 MB.", "failed");
    await isOnline(ada, transport);
    await sees(ada, "written right after it");
    await sees(bo, "written right after it");
    await say(bo, "I am still here");
    await sees(ada, "I am still here");
    assert.equal(await bo.locator(".message img").count(), 0);
  });
}

browserTest("a hand-written client gets a reason for each wrong thing, and disturbs nobody", async ({ open, t }) => {
  const demo = await demoFor(t);
  const ada = await open(demo.url);
  await assertOurPackages(ada);
  await enterAs(ada, "Ada");

  assert.deepEqual(await refusalOf(demo.url, { name: "n".repeat(10_000) }), {
    message: "This name has 10,000 characters; at most 40 are allowed.",
    data: { field: "name" },
  });
  for (const name of [undefined, 7, null, ["a"], { toString: "a" }]) {
    assert.equal((await refusalOf(demo.url, { name })).message, "A name must be a string.");
  }
  assert.equal(
    (await refusalOf(demo.url, { name: "a\u202eb" })).message,
    "A name must not contain invisible characters.",
  );

  const stranger = connect(demo.url, { auth: { name: "Stranger" }, forceNew: true });
  t.after(() => stranger.disconnect());
  const id = "0123456789abcdef";
  const good = { id, room: "lobby", text: "hello" };
  const ask = async (event: string, ...args: unknown[]): Promise<string> =>
    (await stranger.timeout(5000).emitWithAck(event, ...args)).reason;
  assert.equal(await ask("message", good), "You are not in this room.");
  assert.equal(await ask("join", 7), "A join request must be an object.");
  assert.equal(await ask("join", { room: ["lobby"] }), "A room name must be a string.");
  assert.equal(await ask("join", { room: "lobby", after: {} }), "The last seen message must be a message id.");
  assert.equal(await ask("join", { room: "lobby" }), undefined);
  assert.equal(await ask("message", [good]), "A message must be an object.");
  assert.equal(
    await ask("message", { ...good, id: 7 }),
    "A message needs an id of 16 to 40 letters, digits and dashes.",
  );
  assert.equal(await ask("message", { ...good, text: { length: 1 } }), "The text of a message must be a string.");
  assert.equal(await ask("message", { ...good, text: " \n" }), "This message is empty.");
  assert.equal(await ask("message", { ...good, picture: { bytes: "<svg>" } }), "A picture must be sent as binary.");
  assert.match(await ask("message", { ...good, picture: { bytes: Buffer.from("<svg>") } }), /^This is not a picture/);
  assert.equal(
    await ask("message", { ...good, picture: { bytes: small, width: -1, height: 1e9 } }),
    "A picture needs its width and height in pixels.",
  );
  assert.equal(await ask("rename", { length: 3 }), "A name must be a string.");
  // No function where the answer belongs, and no event of ours: nothing happens.
  stranger.emit("join");
  stranger.emit("message", good, "ack");
  stranger.emit("rename");
  stranger.emit("round-trip", 1);
  stranger.emit("error", "boo");
  stranger.emit("x");

  assert.equal(await ask("message", { ...good, id: `${id}0`, text: "peace" }), undefined);
  await sees(ada, "peace");
  assert.equal(await ada.locator(".message").count(), 2, "what lacked only the answer was delivered, all else was not");
});

browserTest("who sends too much at once is told so, and can send it again", async ({ open, t }) => {
  let now = Date.UTC(2026, 0, 1);
  const demo = await demoFor(t, { now: () => now });
  const page = await open(demo.url);
  await assertOurPackages(page);
  await enterAs(page, "Ada");
  for (let i = 1; i <= 31; i++) await say(page, `message ${i}`);
  await sees(page, "Not sent. That was too much at once. Please wait a moment.", "failed");
  // All have their answer: which of them came too fast depends on how much typing was told in between.
  await page.waitForFunction(() => !document.querySelector('.message[data-state="sending"]'));
  now += 60_000;
  const retry = page.getByRole("button", { name: "Retry" });
  for (let left = await retry.count(); left > 0; left = await retry.count()) {
    await retry.first().click();
    await page.waitForFunction((count) => document.querySelectorAll(".status button").length < count, left);
  }
  await page.waitForFunction(() => document.querySelectorAll('.message[data-state="delivered"]').length === 31);
});

/** Our page with its own limits lifted: what is left is the server's. Over polling alone, or with the upgrade. */
async function forgetLimits(page: Page, transport: string): Promise<void> {
  await replaceIn(page, "rules.js", "pictureBytes: 2_000_000", "pictureBytes: 100_000_000");
  if (transport === "polling") await replaceIn(page, "chat.js", "io({", 'io({ transports: ["polling"],');
}

async function replaceIn(page: Page, file: string, what: string, by: string): Promise<void> {
  await page.route(`**/${file}`, async (route) => {
    const response = await route.fetch();
    const body = await response.text();
    assert.ok(body.includes(what), `${file} says ${what}`);
    await route.fulfill({ response, body: body.replace(what, by) });
  });
}

/** How the server refuses a connection with this payload. */
async function refusalOf(url: string, auth: object): Promise<{ message: string; data: unknown }> {
  const socket: Socket = connect(url, { auth, forceNew: true });
  try {
    return await new Promise((resolve, reject) => {
      socket.on("connect", () => reject(new Error("accepted")));
      socket.on("connect_error", (error: Error & { data?: unknown }) => {
        resolve({ message: error.message, data: error.data });
      });
    });
  } finally {
    socket.disconnect();
  }
}
