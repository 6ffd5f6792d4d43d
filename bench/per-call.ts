/** Does its work once for each call; the results are used, so that no compiler drops it. */
export type Part = (i: number) => number;

/** ns that one call takes, alone in a loop. @throws Error where a call gave no number */
export function nanosPerCall(part: Part, millis: number): number {
  let sink = 0;
  const loop = (from: number, calls: number): void => {
    for (let i = from; i < from + calls; i++) sink += part(i);
  };
  loop(0, 20_000);
  const start = performance.now();
  let calls = 0;
  for (; performance.now() - start < millis; calls += 2000) loop(calls, 2000);
  const nanos = ((performance.now() - start) * 1e6) / calls;
  if (Number.isNaN(sink)) throw new Error('a part gave no number');
  return nanos;
}
