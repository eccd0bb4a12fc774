/** The chat of `npm start`, used by people in Chromium. */
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import type { Page } from "playwright-core";
import { startDemo } from "../../apps/demo/server.js";
import { demoFor, enterAs, isOnline, say, sees } from "./support/chat.js";
import { browserTest } from "./support/chromium.js";
import { noise, png } from "./support/png.js";
import { assertOurPackages } from "./support/provenance.js";

browserTest(
  "two people chat: who is here, who is typing, what was delivered, and in which room",
  async ({ open, t }) => {
    const demo = await demoFor(t);
    const ada = await open(demo.url);
    await assertOurPackages(ada);
    const bo = await open(demo.url);
    await enterAs(ada, "Ada");
    await enterAs(bo, "Bo");

    await ada.getByText("2 people here").waitFor();
    await ada.locator("#people li", { hasText: "Bo" }).waitFor();

    await bo.getByLabel("Message", { exact: true }).pressSequentially("hel");
    await ada.locator("#typing", { hasText: "Bo is typing" }).waitFor();
    await say(bo, "hello Ada");
    await sees(bo, "✓ Delivered");
    await sees(ada, "hello Ada");
    await ada.locator("#typing", { hasText: /^$/ }).waitFor();
    assert.equal(await ada.locator(".message .byline b").textContent(), "Bo");

    // A new room: Bo is not in it, sees it in the list, and follows.
    await ada.getByLabel("Name of a new room").fill("garden");
    await ada.getByLabel("Name of a new room").press("Enter");
    await ada.getByText("Only you are here").first().waitFor();
    await bo.getByText("Only you are here").first().waitFor();
    await say(ada, "only for the garden");
    await sees(ada, "only for the garden");
    await say(bo, "still in the lobby");
    await sees(bo, "still in the lobby");
    assert.equal(await bo.getByText("only for the garden").count(), 0);
    assert.equal(await ada.getByText("still in the lobby").count(), 0);

    await bo.locator("#rooms").getByRole("link", { name: "garden" }).click();
    await sees(bo, "only for the garden"); // the history of the room
    assert.equal(await bo.getByText("still in the lobby").count(), 0);
    await bo.getByRole("button", { name: "Change name" }).click();
    await bo.getByLabel("Your name").fill("Bodil");
    await bo.getByLabel("Your name").press("Enter");
    await ada.locator("#people li", { hasText: "Bodil" }).waitFor();
    await bo.close();
    await ada.getByText("Only you are here").first().waitFor();
  },
);

browserTest("the indicator goes from polling to websocket and shows the round-trip time", async ({ open, t }) => {
  const demo = await demoFor(t);
  const page = await open(demo.url, { prepare: recordTransports });
  await assertOurPackages(page);
  await enterAs(page, "Ada");
  await isOnline(page);
  assert.deepEqual(await page.evaluate("transports"), ["polling", "websocket"]);
  await page.locator("#round-trip", { hasText: /^(< 1|\d+) ms$/ }).waitFor();
});

browserTest("a picture of 900 kB arrives byte by byte, now and in the history", async ({ open, t }) => {
  const picture = png(548, 548, noise(7), 0);
  assert.ok(picture.byteLength > 900_000 && picture.byteLength < 910_000);
  const expected = { sha256: createHash("sha256").update(picture).digest("hex"), type: "image/png", width: 548 };

  const demo = await demoFor(t);
  const ada = await open(demo.url);
  await assertOurPackages(ada);
  const bo = await open(demo.url, { prepare: keepBlobs });
  await enterAs(ada, "Ada");
  await enterAs(bo, "Bo");
  await ada.getByLabel("Attach a picture").setInputFiles({ name: "noise.png", mimeType: "image/png", buffer: picture });
  await ada.locator("#staged", { hasText: "noise.png" }).waitFor();
  await say(ada, "look at this");
  await sees(ada, "✓ Delivered");
  assert.deepEqual(await pictureIn(bo), expected);

  const late = await open(demo.url, { prepare: keepBlobs });
  await enterAs(late, "Cleo");
  assert.deepEqual(await pictureIn(late), expected);
});

browserTest(
  "the server restarts on its port: both pages come back to their room and chat again",
  async ({ open, t }) => {
    const first = await startDemo({ port: 0 });
    const port = Number(new URL(first.url).port);
    const ada = await open(`${first.url}/#garden`);
    await assertOurPackages(ada);
    const bo = await open(`${first.url}/#garden`);
    await enterAs(ada, "Ada");
    await enterAs(bo, "Bo");
    await Promise.all([isOnline(ada), isOnline(bo)]);
    await say(ada, "before");
    await sees(bo, "before");

    await first.close();
    await Promise.all([ada, bo].map((page) => page.locator("#banner", { hasText: "Reconnecting" }).waitFor()));
    await ada.locator("#link", { hasText: "offline" }).waitFor();
    await ada.getByText("Not connected").waitFor();
    await say(ada, "written while nobody listened");
    await sees(ada, "Waiting for the connection", "waiting");

    await demoFor(t, { port });
    await Promise.all([isOnline(ada), isOnline(bo)]);
    await sees(bo, "written while nobody listened");
    await sees(ada, "written while nobody listened");
    await say(bo, "welcome back");
    await sees(ada, "welcome back");
    await ada.getByText("2 people here").waitFor();
    assert.equal(await ada.locator("#room-title").textContent(), "garden");
    assert.deepEqual(await ada.locator(".bubble p").allTextContents(), [
      "before",
      "written while nobody listened",
      "welcome back",
    ]);
  },
);

browserTest("a reconnection by hand does not wait for the next attempt", async ({ open, t }) => {
  const first = await startDemo({ port: 0 });
  const page = await open(first.url, { prepare: neverReconnect });
  await assertOurPackages(page);
  await enterAs(page, "Ada");
  await first.close();
  await page.getByRole("button", { name: "Try now" }).waitFor();
  await demoFor(t, { port: Number(new URL(first.url).port) });
  await page.getByRole("button", { name: "Try now" }).click();
  await isOnline(page);
  await say(page, "back");
  await sees(page, "back");
});

browserTest("names survive a reload, and two tabs of one browser can be two people", async ({ browser, open, t }) => {
  const demo = await demoFor(t);
  const ada = await open(demo.url);
  await assertOurPackages(ada);
  await enterAs(ada, "Ada");
  await say(ada, "mine");
  await sees(ada, "mine");

  const second = await browser.contexts()[0]!.newPage();
  await second.goto(demo.url);
  await second.locator("#me", { hasText: "Ada" }).waitFor();
  await second.getByRole("button", { name: "Change name" }).click();
  await second.getByLabel("Your name").fill("Bo");
  await second.getByLabel("Your name").press("Enter");
  await second.locator("#me", { hasText: "Bo" }).waitFor();

  await Promise.all([ada.reload(), second.reload()]);
  await ada.locator("#me", { hasText: "Ada" }).waitFor();
  await second.locator("#me", { hasText: "Bo" }).waitFor();
  await ada.getByText("2 people here").waitFor();
  await ada.locator(".message.own", { hasText: "mine" }).waitFor();
  await second.locator(".message:not(.own)", { hasText: "mine" }).waitFor();
});

browserTest("everything can be done by keyboard, and the focus is always visible", async ({ open, t }) => {
  const demo = await demoFor(t);
  const page = await open(demo.url);
  await assertOurPackages(page);
  const { keyboard } = page;

  await page.locator("#name:focus").waitFor();
  await keyboard.type("Ada"); // over the suggestion, which is selected
  await keyboard.press("Enter");
  await page.locator("#text:focus").waitFor();
  await keyboard.type("first line");
  await keyboard.press("Shift+Enter");
  await keyboard.type("second line");
  await keyboard.press("Enter");
  await sees(page, "second line");
  assert.equal(await page.locator(".bubble p").textContent(), "first line\nsecond line");

  const stops = await tabRound(page);
  assert.deepEqual(
    stops.filter(({ outlined }) => !outlined).map(({ name }) => name),
    [],
  );
  for (const name of ["new-room-name", "me", "scroller", "file", "text"]) {
    assert.ok(
      stops.some((stop) => stop.name === name),
      `Tab reaches #${name}`,
    );
  }

  await tabTo(page, "new-room-name");
  await keyboard.type("garden");
  await keyboard.press("Enter");
  await page.locator("#room-title", { hasText: "garden" }).waitFor();
  await keyboard.press("Shift+Tab");
  await page.locator('#rooms a[aria-current="page"]:focus').waitFor();
  await keyboard.press("Shift+Tab");
  await keyboard.press("Enter");
  await page.locator("#room-title", { hasText: "lobby" }).waitFor();
  await tabTo(page, "me");
  await keyboard.press("Enter");
  await page.locator("#name:focus").waitFor();
  await keyboard.press("Escape");
  await page.locator("#me:focus").waitFor();
});

async function recordTransports(page: Page): Promise<void> {
  await page.addInitScript(() => {
    const transports: string[] = [];
    Object.assign(window, { transports });
    document.addEventListener("DOMContentLoaded", () => {
      const link = document.getElementById("link")!;
      new MutationObserver(() => {
        const name = link.dataset["transport"]!;
        if (transports.at(-1) !== name) transports.push(name);
      }).observe(link, { attributes: true });
    });
  });
}

/** Our page, but the first attempt of its own comes after an hour. */
async function neverReconnect(page: Page): Promise<void> {
  await page.route("**/chat.js", async (route) => {
    const response = await route.fetch();
    const body = (await response.text()).replace(/(reconnectionDelay|reconnectionDelayMax): [\d_]+/g, "$1: 3_600_000");
    await route.fulfill({ response, body });
  });
}

/** The policy of the page forbids it to fetch what it shows: so we keep what it makes object URLs of. */
async function keepBlobs(page: Page): Promise<void> {
  await page.addInitScript(() => {
    const make = URL.createObjectURL.bind(URL);
    const blobs: Blob[] = [];
    Object.assign(window, { blobs });
    URL.createObjectURL = (blob: Blob) => {
      blobs.push(blob);
      return make(blob);
    };
  });
}

async function pictureIn(page: Page): Promise<{ sha256: string; type: string; width: number }> {
  await page.waitForFunction(() => document.querySelector<HTMLImageElement>(".message img")?.naturalWidth);
  return page.evaluate(async () => {
    const blob = (window as unknown as { blobs: Blob[] }).blobs[0]!;
    const hash = new Uint8Array(await crypto.subtle.digest("SHA-256", await blob.arrayBuffer()));
    const width = document.querySelector<HTMLImageElement>(".message img")!.naturalWidth;
    return { sha256: [...hash].map((byte) => byte.toString(16).padStart(2, "0")).join(""), type: blob.type, width };
  });
}

/** Presses Tab until the focus has been everywhere once. */
async function tabRound(page: Page): Promise<{ name: string; outlined: boolean }[]> {
  const stops: { name: string; outlined: boolean }[] = [];
  for (;;) {
    await page.keyboard.press("Tab");
    const stop = await page.evaluate(() => {
      const active = document.activeElement as HTMLElement;
      // The text field shows its focus by the border of the composer, the hidden file field by its label.
      const marked = active.id === "file" ? (active.nextElementSibling as HTMLElement) : active;
      const outlined =
        getComputedStyle(marked).outlineStyle !== "none" || active.closest(".composer:focus-within") !== null;
      return { name: active.id || `${active.tagName} ${active.textContent}`, outlined };
    });
    if (stop.name.startsWith("BODY")) continue; // the browser's own bar
    if (stops.some(({ name }) => name === stop.name)) return stops;
    stops.push(stop);
  }
}

async function tabTo(page: Page, id: string): Promise<void> {
  for (let presses = 0; presses < 40; presses++) {
    if ((await page.evaluate(() => document.activeElement?.id)) === id) return;
    await page.keyboard.press("Tab");
  }
  assert.fail(`Tab never reaches #${id}`);
}
