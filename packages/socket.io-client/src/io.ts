import { lookupOf } from "./lookup.js";
import { Manager } from "./manager.js";

export const io = /* @__PURE__ */ lookupOf(Manager);
