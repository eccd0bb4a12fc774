import { runInterop } from "./suite.js";

runInterop({ server: "upstream", client: "upstream 2.5.0" });
