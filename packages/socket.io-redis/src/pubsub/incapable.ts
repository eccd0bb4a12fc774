/** How long answers may take before somebody looks for servers that cannot give any, in ms. */
const LATE_MS = 1000;

/**
 * Servers of older releases, which are counted among those that listen but do not know what they are asked. They are looked for when
 * answers are late, and with each question while there are such, so that nobody waits for them.
 */
export class Incapable {
  #areThere: boolean;

  /** @param areThere whether they are known to be there */
  constructor(areThere: boolean) {
    this.#areThere = areThere;
  }

  /**
   * @param timeoutMs how long the question may take
   * @param isPending whether answers are still missing
   * @param look for them: what is found is told to {@link onLooked}
   */
  watch(timeoutMs: number, isPending: () => boolean, look: () => void): void {
    if (this.#areThere) return look();
    const late = (): void => {
      if (isPending()) look();
    };
    setTimeout(late, Math.min(LATE_MS, timeoutMs / 2)).unref();
  }

  onLooked(areThere: boolean): void {
    this.#areThere = areThere;
  }
}
