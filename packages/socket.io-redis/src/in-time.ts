/**
 * What a promise gives, if it does so in time. Clients of Redis may keep what they are asked until it is back, however long that takes.
 *
 * @param onLate told what it gives after that; its failures are nobody's then
 * @returns undefined if it is late
 * @throws (rejects) as the promise does
 */
export function inTime<Result>(
  promise: Promise<Result>,
  timeoutMs: number,
  onLate: (late: Result) => void = ignore,
): Promise<Result | undefined> {
  return new Promise((resolve, reject) => {
    let isLate = false;
    const timer = setTimeout(() => {
      isLate = true;
      resolve(undefined);
    }, timeoutMs);
    promise.then(
      (result) => {
        if (isLate) return onLate(result);
        clearTimeout(timer);
        resolve(result);
      },
      (error: unknown) => {
        clearTimeout(timer);
        reject(error);
      },
    );
  });
}

function ignore(): void {}
