import { plans } from "./blocks/index.js";
import type { BlockPlan } from "./blocks/plan.js";
import { bundles } from "./claims/bundles.js";
import type { Claims } from "./claims/claims.js";
import { clientApi } from "./claims/client-api.js";
import { configuration } from "./claims/configuration.js";
import { deployment } from "./claims/deployment.js";
import { serverApi } from "./claims/server-api.js";
import { type Heading, HEADINGS, REMARKS } from "./headings.js";

/** The claims of each test file. */
export const claimsByFile: Readonly<Record<string, Claims>> = {
  "configuration.test.ts": configuration,
  "server-api.test.ts": serverApi,
  "client-api.test.ts": clientApi,
  "bundles.test.ts": bundles,
  "deployment.test.ts": deployment,
};

/** One heading of the guide, with what proves it. */
export interface Row {
  readonly heading: Heading;
  readonly remark: string | undefined;
  readonly blocks: readonly BlockPlan[];
  readonly tests: readonly { readonly file: string; readonly title: string }[];
}

export function rows(): Row[] {
  return HEADINGS.map((heading) => ({
    heading,
    remark: REMARKS[heading],
    blocks: plans.filter((plan) => plan.heading === heading),
    tests: Object.entries(claimsByFile).flatMap(([file, claims]) =>
      Object.keys(claims[heading] ?? {}).map((title) => ({ file, title })),
    ),
  }));
}

/** The table for people. */
export function print(table: readonly Row[]): string {
  const blocks = table.flatMap((row) => row.blocks);
  const idle = blocks.filter(({ ways }) => ways.length === 0);
  const tests = table.flatMap((row) => row.tests);
  const lines = table.flatMap(({ heading, remark, blocks: ofRow, tests: ofHeading }) => [
    "",
    heading,
    ...(remark === undefined ? [] : [`  (${remark})`]),
    ...ofRow.map((plan) => `  block ${plan.number} (${plan.kind}), ${fate(plan)}: ${plan.shows}`),
    ...ofHeading.map(({ file, title }) => `  ${file}: ${title}`),
  ]);
  const numbers = idle.map(({ number }) => number).join(", ");
  return [
    `The guide: ${table.length} headings, ${tests.length} tests in our words, ${blocks.length} code blocks, of which ` +
      `${blocks.length - idle.length} are executed (not ${numbers})`,
    ...lines,
  ].join("\n");
}

function fate({ ways, inNode, inChromium }: BlockPlan): string {
  if (inNode === undefined && inChromium === undefined) return "not executed";
  return `executed as ${ways.join(" and ")}`;
}
