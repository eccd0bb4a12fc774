import { testClaims } from "./claims/claims.js";
import { clientApi } from "./claims/client-api.js";

testClaims(clientApi);
