/**
 * How the chat looks, on a phone and on a desktop, light and dark. With UPDATE_IMAGES=1 the pictures of docs/images are
 * made anew; else they go to .cache/images, so that a test run leaves the tree clean.
 */
import assert from "node:assert/strict";
import { mkdirSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { Page } from "playwright-core";
import { demoFor, enterAs, isOnline, say, sees } from "./support/chat.js";
import { browserTest, type BrowserTest, type OpenOptions } from "./support/chromium.js";
import { png } from "./support/png.js";
import { assertOurPackages } from "./support/provenance.js";

const folder = process.env["UPDATE_IMAGES"] === "1" ? "docs/images/" : ".cache/images/";
const target = fileURLToPath(new URL(`../../${folder}`, import.meta.url));

const PHONE = { viewport: { width: 390, height: 844 }, deviceScaleFactor: 2, isMobile: true, hasTouch: true };
const DESKTOP = { viewport: { width: 1200, height: 760 }, deviceScaleFactor: 1 };

for (const [size, options] of Object.entries({ phone: PHONE, desktop: DESKTOP })) {
  for (const colorScheme of ["light", "dark"] as const) {
    browserTest(`the chat on a ${size}, ${colorScheme}: readable, nothing cut off`, async (tools) => {
      const mira = await conversation(tools, { ...options, colorScheme });
      await assertOurPackages(mira);
      assert.deepEqual(await contrastFaults(mira), []);
      assert.equal(
        await mira.evaluate(() => document.documentElement.scrollWidth > innerWidth),
        false,
        "no sideways scroll",
      );
      mkdirSync(target, { recursive: true });
      await mira.screenshot({
        path: `${target}chat-${size}-${colorScheme}.png`,
        caret: "hide",
        animations: "disabled",
      });
    });
  }
}

/** Fixed people who say fixed things at fixed times. Returns the page of one of them. */
async function conversation({ open, t }: BrowserTest, options: OpenOptions): Promise<Page> {
  let now = Date.UTC(2026, 5, 20, 17, 42);
  const demo = await demoFor(t, { now: () => now });
  const prepare = async (page: Page): Promise<void> => {
    await page.addInitScript((at) => {
      Date.now = () => at;
      performance.now = () => 0; // the round trip is then always shown as "< 1 ms"
    }, now);
  };
  const mira = await open(demo.url, { ...options, prepare });
  const jonas = await open(demo.url, { prepare });
  const amara = await open(demo.url, { prepare });
  const tess = await open(`${demo.url}/#book club`, { prepare });
  await enterAs(jonas, "Jonas");
  await enterAs(mira, "Mira");
  await enterAs(amara, "Amara");
  await enterAs(tess, "Tess");
  await isOnline(mira);

  const turn = async (page: Page, text: string): Promise<void> => {
    await say(page, text);
    await sees(mira, text);
    now += 20_000;
  };
  await turn(jonas, "Anyone up for a walk to the lake this evening?");
  await turn(jonas, "The light was wonderful yesterday.");
  await turn(mira, "Yes! I can be at the bridge by seven.");
  await turn(amara, "Count me in. This was from last week:");
  await amara.getByLabel("Attach a picture").setInputFiles({ name: "lake.png", mimeType: "image/png", buffer: lake() });
  await amara.locator("#staged", { hasText: "lake.png" }).waitFor();
  await turn(amara, "Sunset, 21:10");
  await turn(mira, "Beautiful. Let’s not be late, then.");
  await turn(mira, "I’ll bring tea.");
  await mira.locator(".message.own.last .status", { hasText: "Delivered" }).last().waitFor();
  await mira.waitForFunction(() => (document.querySelector(".message img") as HTMLImageElement).naturalWidth > 0);
  await mira.locator("#round-trip", { hasText: "< 1 ms" }).waitFor();
  await jonas.getByLabel("Message", { exact: true }).pressSequentially("See");
  await mira.locator("#typing", { hasText: "Jonas is typing" }).waitFor();
  return mira;
}

/** A sunset over water, so that the documents need no photograph. */
function lake(): Buffer {
  const [width, height, horizon] = [640, 400, 230];
  return png(width, height, (x, y) => {
    const mirrored = y < horizon ? y : horizon - (y - horizon) * 1.25 + 6 * Math.sin(y * 0.9 + x * 0.02);
    const depth = Math.min(1, Math.max(0, mirrored / horizon));
    const fromSun = Math.hypot(x - 300, mirrored - 186);
    const hill = 200 + 20 * Math.sin(x / 90) + 10 * Math.sin(x / 37 + 1);
    const shade = y < horizon ? 1 : 0.82;
    const glow = Math.max(0, 1 - fromSun / 330) ** 2;
    const sun = clamp(34 - fromSun + 0.5);
    const land = clamp(mirrored - hill + 0.5);
    const mix = (top: number, bottom: number, warm: number, bright: number, dark: number): number => {
      const sky = Math.min(255, (top + (bottom - top) * depth) * (1 - glow) + warm * glow);
      return ((sky * (1 - sun) + bright * sun) * (1 - land) + dark * land) * shade;
    };
    return [mix(70, 250, 255, 255, 52), mix(84, 150, 190, 238, 50), mix(142, 112, 110, 196, 82)];
  });
}

/** The share of a pixel that an edge covers: without it slopes would look like stairs. */
function clamp(share: number): number {
  return Math.min(1, Math.max(0, share));
}

/** Texts whose contrast to their ground is below WCAG AA: 4.5:1. */
async function contrastFaults(page: Page): Promise<string[]> {
  return page.evaluate(() => {
    const canvas = new OffscreenCanvas(1, 1).getContext("2d", { willReadFrequently: true })!;
    const luminance = (colors: string[]): number => {
      canvas.clearRect(0, 0, 1, 1);
      for (const color of colors) {
        canvas.fillStyle = color;
        canvas.fillRect(0, 0, 1, 1);
      }
      const [red, green, blue] = [...canvas.getImageData(0, 0, 1, 1).data].map((part) => {
        const share = part / 255;
        return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
      });
      return 0.2126 * red! + 0.7152 * green! + 0.0722 * blue!;
    };
    const faults: string[] = [];
    const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    while (texts.nextNode()) {
      const element = texts.currentNode.parentElement!;
      if (texts.currentNode.textContent!.trim() === "" || !element.checkVisibility()) continue;
      const grounds: string[] = [];
      for (let at: Element | null = element; at; at = at.parentElement) {
        grounds.unshift(getComputedStyle(at).backgroundColor);
      }
      const [light, dark] = [luminance([...grounds, getComputedStyle(element).color]), luminance(grounds)].sort(
        (a, b) => b - a,
      );
      const ratio = (light! + 0.05) / (dark! + 0.05);
      if (ratio < 4.5) faults.push(`${ratio.toFixed(2)} ${texts.currentNode.textContent}`);
    }
    return faults;
  });
}
