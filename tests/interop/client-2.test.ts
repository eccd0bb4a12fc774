import { runInterop } from "./suite.js";

runInterop({ server: "ours", client: "upstream 2.5.0" });
