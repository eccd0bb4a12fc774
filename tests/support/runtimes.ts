import { findRuntime, RUNTIMES, type RuntimeName } from "../../tools/runtimes.mjs";

export interface RuntimeForTests {
  /** Absolute path of the program (of `uwebsockets`: of the module), "" if the tests are to be skipped. */
  readonly path: string;
  /** For the option `skip` of a test or suite: why, or false. */
  readonly skip: string | false;
}

/**
 * A runtime that is fetched for tests, pinned in tools/runtimes.mjs.
 *
 *     const deno = runtime("deno");
 *     describe("the server in Deno", { skip: deno.skip }, () => { … spawn(deno.path, …) });
 *
 * `npm run test:all` and CI=true fetch all of them, and plain `npm test` uses none; a test file that is run by itself uses
 * what is there. Proofs of rows must not need one, since `npm test` skips them.
 */
export function runtime(name: RuntimeName): RuntimeForTests {
  const wanted = process.env["TEST_RUNTIMES"];
  if (wanted !== undefined && !wanted.split(",").includes(name)) return skipped("only npm run test:all uses it");
  const path = findRuntime(name);
  return path === null ? skipped(`${RUNTIMES[name].package} was not fetched`) : { path, skip: false };
}

function skipped(skip: string): RuntimeForTests {
  return { path: "", skip };
}
