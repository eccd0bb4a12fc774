import type { Case } from "./case.ts";
import { closingCases } from "./closing.ts";
import { fragmentationCases } from "./fragmentation.ts";
import { framingCases } from "./framing.ts";
import { limitCases } from "./limits.ts";
import { utf8Cases } from "./utf8.ts";

export const cases: readonly Case[] = [
  ...framingCases,
  ...fragmentationCases,
  ...utf8Cases,
  ...closingCases,
  ...limitCases,
];
