import { profileOf } from '#libs/providers';
import { durationMs, type EffectiveProviderSpec } from '#libs/resources';
import { type BackendAuth, type BreakerPolicy, canonicalJson } from '#libs/routing-table';
import { forEachObject, report } from './per-object.js';
import type { ProviderBackend, Resource } from './spaces.js';

/** What pools and backends need of a Provider. It has no entry of its own: each backend holds what it needs of it. */
export const providers = forEachObject('providers', 'Provider', (provider) => {
  const models = provider.spec.models.map(({ name }) => name);
  const backend = backendOf(provider);
  // What can't be written is the Provider's fault, and must not come up at each of its backends.
  canonicalJson(backend);
  return {
    ...report(provider, []),
    facts: [
      { space: 'provider', key: provider.key, value: models },
      { space: 'providerBackend', key: provider.key, value: backend },
    ],
  };
});

function backendOf({ namespace, name, spec }: Resource<EffectiveProviderSpec>): ProviderBackend {
  const shared: ProviderBackend['shared'] = {
    namespace,
    provider: name,
    dialect: profileOf(spec.vendor).dialect,
    vendor: spec.vendor,
    baseURL: baseURLOf(spec),
    allowInsecure: spec.allowInsecure,
    allowPrivateNetwork: spec.allowPrivateNetwork,
    auth: authOf(spec),
    headers: (spec.headers ?? []).map(({ name, value }) => ({ name: name.toLowerCase(), value })),
    timeouts: {
      connectMs: durationMs(spec.timeouts.connect),
      firstByteMs: durationMs(spec.timeouts.firstByte),
      streamIdleMs: durationMs(spec.timeouts.streamIdle),
      requestMs: durationMs(spec.timeouts.request),
    },
    connections: spec.connections,
    breaker: breakerOf(spec),
  };
  return { shared, upstreamNames: Object.fromEntries(spec.models.map((model) => [model.name, model.upstreamName])) };
}

/** As the URL parser writes it, which is what validation judged. */
function baseURLOf(spec: EffectiveProviderSpec): string {
  return new URL(spec.baseURL!).href.replace(/\/+$/, '');
}

function authOf({ auth }: EffectiveProviderSpec): BackendAuth {
  if (auth.type !== 'Header') return { type: auth.type };
  return {
    type: 'Header',
    name: auth.name!.toLowerCase(),
    ...(auth.prefix !== undefined && { prefix: auth.prefix }),
  };
}

function breakerOf({ circuitBreaker }: EffectiveProviderSpec): BreakerPolicy {
  const { failureRatio, openFor, maxOpenFor, ...counts } = circuitBreaker;
  return {
    ...counts,
    failureRatio: {
      percent: failureRatio.percent,
      minRequests: failureRatio.minRequests,
      windowMs: durationMs(failureRatio.window),
    },
    openForMs: durationMs(openFor),
    maxOpenForMs: durationMs(maxOpenFor),
  };
}
