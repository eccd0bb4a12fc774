import { measure, type Question } from "./marks.ts";
import { serve } from "./serve.ts";
import type { Setting } from "./setting.ts";

/* The server of a measurement. Argument: its setting, as JSON. Says its port; answers questions with marks. */
const port = await serve(JSON.parse(process.argv[2]!) as Setting);
process.on("message", (question: Question) => process.send!(measure(question)));
// In order, so that profiles are written.
process.on("disconnect", () => process.exit());
process.send!(port);
