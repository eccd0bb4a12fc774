/** Resolves once this is so. It is asked in every turn of the event loop: for what nobody tells of. The test's own deadline ends it. */
export async function until(isSo: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await isSo())) await new Promise((resolve) => setImmediate(resolve));
}
