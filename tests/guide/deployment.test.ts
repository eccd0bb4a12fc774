import { deployment } from "./claims/deployment.js";
import { testClaims } from "./claims/claims.js";

testClaims(deployment);
