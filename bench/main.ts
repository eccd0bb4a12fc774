import { readFileSync, writeFileSync } from "node:fs";
import { measureCurves } from "./curves/table.ts";
import { provideRuntimes } from "../tools/runtimes.mjs";
import { provideDownstream } from "../tools/setup.mjs";
import { SEED } from "./load/table.ts";
import { readOptions, type BenchOptions } from "./options.ts";
import { buildPrograms } from "./programs.ts";
import { judge, readGoals, verdictTable } from "./report/goals.ts";
import { thisMachine } from "./report/machine.ts";
import { heading, markdown, scenarioSection } from "./report/markdown.ts";
import { scenarioReport, type Report, type ScenarioReport } from "./report/report.ts";
import { summaryTable } from "./report/summary.ts";
import { measureRounds } from "./rounds.ts";
import { USUAL_PACE, type Scenario } from "./scenarios/scenario.ts";
import { SCENARIOS, withUws } from "./scenarios/table.ts";
import { measuredVersions } from "./versions.ts";

/*
 * What Socket.IO takes, ours beside upstream's 4.8.4 and beside the least that moves the same bytes; docs/performance.md says how.
 *
 *   npm run bench                            all scenarios
 *   npm run bench -- echo-ack rooms          these
 *   npm run bench -- curves                  how cost grows; once, whatever the rounds
 *     --rounds 6      how often each target is measured
 *     --uws           also both on uWebSockets.js, which is fetched
 *     --targets A,B   only these: ours, upstream, ours-uws, upstream-uws, ws, net, net-cork, http
 *     --json FILE     the report as JSON; Markdown goes to stdout, what is going on to stderr
 *     --check         compares with report/goals.json; fails if one that was measured is missed
 *     --summary       also the table that README shows
 *     --from FILE     takes an earlier report instead of measuring
 *     --profile DIR   CPU profiles of what is measured
 *     --note TEXT     is kept in the report
 *
 * The ratios are what counts; claim nothing finer than a tenth of four rounds.
 */
const options = readOptions(process.argv.slice(2));
const report = options.from === undefined ? await measure(options) : readReport(options.from);
save(report, options);
if (options.summary) console.log(`\n${summaryTable(report)}`);
if (options.check) {
  const verdicts = judge(readGoals(), report);
  console.log(`\n${verdictTable(verdicts)}`);
  if (verdicts.some(({ outcome }) => outcome === "missed")) process.exitCode = 1;
}

function readReport(file: string): Report {
  const earlier = JSON.parse(readFileSync(file, "utf8")) as Report;
  console.log(markdown(earlier));
  return earlier;
}

async function measure(options: BenchOptions): Promise<Report> {
  const { names, rounds, uws, targets, profile, note } = options;
  const isCurves = names.includes("curves");
  const scenarios = isCurves
    ? []
    : chosen(names).map((scenario) => withTargets(uws ? withUws(scenario) : scenario, targets));
  provideDownstream(["bench"]);
  if (uws) provideRuntimes(["uwebsockets"]);
  await buildPrograms();
  const flags = profile === undefined ? [] : ["--cpu-prof", `--cpu-prof-dir=${profile}`];
  const pace = { ...USUAL_PACE, flags };
  const about = {
    date: new Date().toISOString(),
    ...(note === undefined ? {} : { note }),
    machine: thisMachine(),
    versions: measuredVersions(uws),
    seed: SEED,
    rounds,
    flags,
  };
  console.log(heading(about));
  if (isCurves) return { ...about, scenarios: [], curves: await measureCurves(pace) };
  const reports: ScenarioReport[] = [];
  for (const scenario of scenarios) {
    const runs = await measureRounds(scenario, scenario.rounds ?? rounds, pace, progress(scenario));
    reports.push(scenarioReport(scenario, runs));
    console.log(`\n${scenarioSection(reports.at(-1)!)}`);
    // Each time: what comes later may fail, after hours.
    save({ ...about, scenarios: reports }, options);
  }
  return { ...about, scenarios: reports };
}

function save(report: Report, { json }: BenchOptions): void {
  if (json !== undefined) writeFileSync(json, `${JSON.stringify(report, null, 2)}\n`);
}

function chosen(names: readonly string[]): readonly Scenario[] {
  const unknown = names.filter((name) => !SCENARIOS.some((scenario) => scenario.name === name));
  if (unknown.length > 0) {
    throw new Error(`no scenario ${unknown.join(", ")}; there are ${SCENARIOS.map(({ name }) => name).join(", ")}`);
  }
  return SCENARIOS.filter(({ name }) => names.length === 0 || names.includes(name));
}

function withTargets(scenario: Scenario, targets: readonly string[]): Scenario {
  if (targets.length === 0) return scenario;
  return { ...scenario, targets: scenario.targets.filter((target) => targets.includes(target)) };
}

function progress(scenario: Scenario): Parameters<typeof measureRounds>[3] {
  return (target, round, figures) => {
    const shown = Object.entries(figures).map(([name, value]) => `${name} ${value.toFixed(2)}`);
    console.error(`${scenario.name} ${target}, round ${round + 1}: ${shown.join(", ")}`);
  };
}
