import { oneRequest } from "./http-requests.ts";
import { handshakeHead } from "./http-handshakes.ts";
import type { Scenario } from "./scenario.ts";

const FIXED = {
  cors: {
    origin: "http://example.com",
    credentials: true,
    methods: ["GET", "POST"],
    allowedHeaders: ["my-header"],
  },
};

type Answer = (error: Error | null, isAllowed?: boolean) => void;

/** engineio-server-http: the option `cors`, which the package of that name takes. */
export const CROSS_ORIGIN: readonly (readonly [pattern: RegExp, scenario: Scenario])[] = [
  [/^cors ws other origin/, handshakeHead({ options: FIXED }, { Origin: "http://evil.com" })],
  [/^cors (preflight|simple|on error response)/, oneRequest({ options: FIXED })],
  [/^cors \*/, oneRequest({ options: { cors: { origin: "*" } } })],
  [/^cors list/, oneRequest({ options: { cors: { origin: ["http://a.com", /b\.com$/] } } })],
  [/^cors origin callback error$/, originAsked((answer) => answer(new Error("x")))],
  [/^cors origin callback true$/, originAsked((answer) => answer(null, true))],
];

function originAsked(decide: (answer: Answer) => void): Scenario {
  return oneRequest({ options: { cors: { origin: (_origin: string, answer: Answer) => decide(answer) } } });
}
