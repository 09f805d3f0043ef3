/** What a place was made to throw. */
export class InjectedFault extends Error {}

export interface Injection {
  readonly hasThrown: boolean;
  /** Puts back what was there. */
  undo(): void;
}

/** Makes a method throw at its `nth` call (from 1), before it does anything or `After`, and be itself at every other. */
export function throwOnce(target: object, method: string, nth: number, when: 'Before' | 'After' = 'Before'): Injection {
  const methods = target as Record<string, ((...args: unknown[]) => unknown) | undefined>;
  const isOwn = Object.hasOwn(methods, method);
  const original = methods[method];
  if (typeof original !== 'function') throw new Error(`there is no ${method} to make throw`);
  let calls = 0;
  methods[method] = function (this: unknown, ...args: unknown[]): unknown {
    calls += 1;
    const throws = calls === nth;
    if (throws && when === 'Before') throw new InjectedFault(`${method} was made to throw`);
    const result = original.apply(this, args);
    if (throws) throw new InjectedFault(`${method} was made to throw`);
    return result;
  };
  return {
    get hasThrown() {
      return calls >= nth;
    },
    undo: () => {
      if (isOwn) methods[method] = original;
      else delete methods[method];
    },
  };
}
