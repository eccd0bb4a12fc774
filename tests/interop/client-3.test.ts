import { runInterop } from "./suite.js";

runInterop({ server: "ours", client: "upstream 3.1.3" });
