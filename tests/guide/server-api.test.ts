import { testClaims } from "./claims/claims.js";
import { serverApi } from "./claims/server-api.js";

testClaims(serverApi);
