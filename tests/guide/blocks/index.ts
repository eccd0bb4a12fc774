import { clientApi } from "./client-api.js";
import { configuration } from "./configuration.js";
import { deployment } from "./deployment.js";
import { pages } from "./pages.js";
import type { BlockPlan } from "./plan.js";
import { serverApi } from "./server-api.js";

/** Every block of the guide, in its order. */
export const plans: readonly BlockPlan[] = [
  ...configuration,
  ...serverApi,
  ...clientApi,
  ...pages,
  ...deployment,
].toSorted((one, other) => one.number - other.number);
