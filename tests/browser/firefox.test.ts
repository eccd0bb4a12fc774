/** Every bundle that the server serves, by a script tag in Firefox. */
import assert from "node:assert/strict";
import { BUNDLES, converseInPage, EXPECTED, optionsFor, serveBundlePages, waysOf } from "./support/bundle-pages.ts";
import { firefoxTest } from "./support/firefox.ts";

firefoxTest(
  "every bundle in Firefox: polling, websocket and the upgrade carry text and bytes",
  async ({ firefox, t }) => {
    for (const bundle of BUNDLES) {
      const { url, carriers } = await serveBundlePages(t, optionsFor(bundle));
      const page = await firefox.open(`${url}/${bundle}`);
      for (const transports of waysOf(bundle)) {
        const heard = await page.evaluate(converseInPage, transports);
        assert.deepEqual(heard, { transports, ...EXPECTED }, bundle);
        assert.deepEqual(carriers.splice(0), transports, bundle);
      }
    }
  },
);
