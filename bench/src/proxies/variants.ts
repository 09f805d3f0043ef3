/** What is put between client and upstream, the yardstick first. */
export type Variant = { readonly name: string } & (
  | { readonly bare: 'naive' | 'splice' }
  /** Share of requests whose trace is exported. */
  | { readonly traceRatio: string }
);

export const naiveBare = { name: 'naive bare', bare: 'naive' } as const;
export const production = { name: 'signalbox, ratio 0.05', traceRatio: '0.05' } as const;

export const variants: readonly Variant[] = [
  naiveBare,
  { name: 'splicing bare', bare: 'splice' },
  production,
  { name: 'signalbox, ratio 1.0', traceRatio: '1' },
  { name: 'signalbox, ratio 0', traceRatio: '0' },
];
