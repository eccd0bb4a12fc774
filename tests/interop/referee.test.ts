import { runInterop } from "./suite.js";

runInterop({ server: "upstream", client: "upstream" });
