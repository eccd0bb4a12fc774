import { parseArgs } from "node:util";

/** What a run is asked for. */
export interface BenchOptions {
  /** Names of scenarios; none: all. */
  readonly names: readonly string[];
  /** @default 6 */
  readonly rounds: number;
  /** File for the report. */
  readonly json: string | undefined;
  /** A report that was written earlier, in place of a run. */
  readonly from: string | undefined;
  readonly check: boolean;
  /** Also the table that README shows. */
  readonly summary: boolean;
  readonly uws: boolean;
  /** Only these; none: all that the scenario names. */
  readonly targets: readonly string[];
  /** Folder for CPU profiles of the servers, or of the clients in the scenarios of clients. */
  readonly profile: string | undefined;
  readonly note: string | undefined;
}

export function readOptions(args: readonly string[]): BenchOptions {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      rounds: { type: "string", default: "6" },
      json: { type: "string" },
      from: { type: "string" },
      check: { type: "boolean", default: false },
      summary: { type: "boolean", default: false },
      uws: { type: "boolean", default: false },
      targets: { type: "string", default: "" },
      profile: { type: "string" },
      note: { type: "string" },
    },
  });
  const rounds = Number(values.rounds);
  if (!Number.isInteger(rounds) || rounds < 1) throw new Error(`--rounds ${values.rounds} is no number of rounds`);
  const { json, from, check, summary, uws, profile, note } = values;
  const targets = values.targets === "" ? [] : values.targets.split(",");
  return { names: positionals, rounds, json, from, check, summary, uws, targets, profile, note };
}
