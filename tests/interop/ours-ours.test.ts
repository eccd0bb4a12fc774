import { runInterop } from "./suite.js";

runInterop({ server: "ours", client: "ours" });
