import { bundles } from "./claims/bundles.js";
import { testClaims } from "./claims/claims.js";

testClaims(bundles);
