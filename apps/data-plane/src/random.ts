import { randomFillSync } from 'node:crypto';

/** Where ids, seeds and jitter come from. Injected, so that a run can be repeated. */
export interface Random {
  /** Overwrites the whole array. */
  fill(bytes: Uint8Array): void;
}

export const systemRandom: Random = {
  fill(bytes) {
    randomFillSync(bytes);
  },
};
