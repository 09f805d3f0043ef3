export interface SignalSource {
  on(signal: NodeJS.Signals, listener: () => void): unknown;
  off(signal: NodeJS.Signals, listener: () => void): unknown;
}

const endSignals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** Shorter than a person takes to press Ctrl-C again, longer than a signal takes through npm. */
const samePressMs = 500;

/**
 * Calls back with the number of times that an end was asked for; the result removes the handlers. Under `npm start` one
 * Ctrl-C arrives twice, from the terminal and passed on by npm, and must not count as the second that kills at once.
 */
export function onEndSignals(source: SignalSource, nowMs: () => number, callback: (count: number) => void): () => void {
  let count = 0;
  let lastAtMs = -Infinity;
  const listener = () => {
    const atMs = nowMs();
    if (atMs - lastAtMs < samePressMs) return;
    lastAtMs = atMs;
    callback((count += 1));
  };
  for (const signal of endSignals) source.on(signal, listener);
  return () => {
    for (const signal of endSignals) source.off(signal, listener);
  };
}
