import { runInterop } from "./suite.js";

runInterop({ server: "upstream 3.1.2", client: "ours" });
