import { configuration } from "./claims/configuration.js";
import { testClaims } from "./claims/claims.js";

testClaims(configuration);
