/** How an upstream answers a stream. */
export const paces = {
  /** As fast as the event loop turns. */
  'upstream-model': 'BackToBack',
  /** A chunk every 5 ms, on a timer of its own. */
  'upstream-paced': 'Paced',
  /** Never ending; all such streams share one rate of chunks a second. */
  'upstream-shared-rate': 'SharedRate',
} as const;

type UpstreamModel = keyof typeof paces;

/** Where a model that clients ask for is served: one upstream without TLS, and one with. */
export interface Upstream {
  readonly model: UpstreamModel;
  readonly transport: 'plain' | 'tls';
}

/** What clients ask for: `bench`, `bench-paced` and so on, and the same over TLS to the upstream. */
export const models: Readonly<Record<string, Upstream>> = {
  bench: { model: 'upstream-model', transport: 'plain' },
  'bench-paced': { model: 'upstream-paced', transport: 'plain' },
  'bench-shared-rate': { model: 'upstream-shared-rate', transport: 'plain' },
  'bench-tls': { model: 'upstream-model', transport: 'tls' },
  'bench-tls-paced': { model: 'upstream-paced', transport: 'tls' },
};

export function upstreamOf(model: string): Upstream | undefined {
  return Object.hasOwn(models, model) ? models[model] : undefined;
}
