import { runInterop } from "./suite.js";

runInterop({ server: "upstream", client: "upstream 3.1.3" });
