/**
 * For the option `skip` of a test that takes long: why, or false. `npm run test:all` and CI=true run it, plain `npm test` does not; a
 * test file that is run by itself does. Proofs of rows must not need it.
 */
export const unlessAll: string | false =
  process.env["TEST_ALL"] === "no" ? "only npm run test:all takes that long" : false;
