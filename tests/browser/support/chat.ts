/** People in the demo, as the tests see them: what they do, and what they can see. */
import type { TestContext } from "node:test";
import type { Page } from "playwright-core";
import { startDemo, type Demo, type DemoOptions } from "../../../apps/demo/server.js";
import { assertNoLimit } from "../../support/limits.ts";

export async function demoFor(t: TestContext, options: DemoOptions = {}): Promise<Demo> {
  const demo = await startDemo({ port: 0, ...options });
  t.after(async () => {
    await demo.close();
    assertNoLimit(demo.io);
  });
  return demo;
}

/** Answers the first question and waits until the room is entered. */
export async function enterAs(page: Page, name: string): Promise<void> {
  await page.getByLabel("Your name").fill(name);
  await page.getByRole("button", { name: "Start chatting" }).click();
  await page.locator("#people", { hasText: name }).waitFor({ state: "attached" }); // on a phone the list is hidden
}

export async function say(page: Page, text: string): Promise<void> {
  await page.getByLabel("Message", { exact: true }).fill(text);
  await page.getByRole("button", { name: "Send" }).click();
}

/** Resolves once a message with this text shows this state, or came from somebody else. */
export async function sees(page: Page, text: string, state = "delivered"): Promise<void> {
  await page.locator(`.message[data-state="${state}"]`, { hasText: text }).last().waitFor();
}

export async function seesNotice(page: Page, text: string | RegExp): Promise<void> {
  await page.locator("#notice", { hasText: text }).waitFor();
}

export async function isOnline(page: Page, transport = "websocket"): Promise<void> {
  await page.locator(`#link[data-transport="${transport}"]`).waitFor();
  await page.locator("#banner").waitFor({ state: "hidden" });
}

/** Drops a file onto the page, made there: these bytes, then zeros up to `size`. */
export async function drop(page: Page, name: string, bytes: Buffer, size = bytes.byteLength): Promise<void> {
  await page.evaluate(
    (file) => {
      const content = new Uint8Array(file.size);
      content.set(file.bytes);
      const dataTransfer = new DataTransfer();
      dataTransfer.items.add(new File([content], file.name));
      document.body.dispatchEvent(new DragEvent("drop", { dataTransfer, bubbles: true, cancelable: true }));
    },
    { name, bytes: [...bytes], size },
  );
}
