/** Every bundle, by a script tag in Chromium, over every transport but WebTransport (which tests/deno has). */
import assert from "node:assert/strict";
import { browserTest } from "./support/chromium.ts";
import { BUNDLES, converseInPage, EXPECTED, optionsFor, serveBundlePages, waysOf } from "./support/bundle-pages.ts";

browserTest(
  "every bundle in Chromium: polling, websocket and the upgrade carry text and bytes",
  async ({ open, t }) => {
    for (const bundle of BUNDLES) {
      const { url, carriers } = await serveBundlePages(t, optionsFor(bundle));
      const page = await open(`${url}/${bundle}`);
      for (const transports of waysOf(bundle)) {
        const heard = await page.evaluate(converseInPage, transports);
        assert.deepEqual(heard, { transports, ...EXPECTED }, bundle);
        assert.deepEqual(carriers.splice(0), transports, bundle);
      }
      await page.context().close();
    }
  },
);
