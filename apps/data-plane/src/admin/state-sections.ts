import { countsOf, phaseAt } from '#libs/routing';
import { softwareVersion } from '#libs/telemetry';
import type { Runtime } from '../pipeline/runtime.js';
import type { BackendLoad } from '../state/backend-loads.js';
import type { BreakerCell } from '../state/breakers.js';
import type { ConnectionLimiter } from '../state/connection-limiter.js';
import type { CredentialState } from '../state/credential-state.js';
import type { StateSection } from './state-section.js';
import { wallTime } from './wall-time.js';

/** Who this is, and what there is one of. */
export function stateHead(dataPlane: string, { clock, tables, running }: Runtime, connected: boolean): object {
  const table = tables.current?.view;
  return {
    dataPlane,
    at: wallTime(clock, clock.nowMs()),
    software: `signalbox/${softwareVersion}`,
    table: table ? { revision: table.revision, version: table.version } : null,
    // Tables before the current one, which requests under way hold.
    heldTables: Math.max(0, [...tables.live].length - 1),
    controlPlane: { connected },
    requests: { inFlight: running.size },
  };
}

/** Everything that the request path remembers of backends and keys, and what requests have taken now. */
export function stateSections(runtime: Runtime): StateSection[] {
  const { routing, consumers, clock } = runtime;
  const poolProvider = (pool: string) => {
    const entry = runtime.tables.current?.view.keyPool(pool);
    return entry && `${entry.namespace}/${entry.provider}`;
  };
  const at = (atMs: number) => wallTime(clock, atMs);
  return [
    section<readonly [string, BreakerCell]>({
      name: 'breakers',
      entries: () => routing.breakers.byId.entries(),
      providerOf: ([id]) => firstTwo(id),
      isNotable: ([, { state }]) => state.phase !== 'Closed',
      show: ([, cell]) => shownBreaker(cell, at, clock.nowMs()),
    }),
    section<Rest>({
      name: 'cooldowns',
      entries: () => rests(routing.credentials.byId.entries(), clock.nowMs()),
      providerOf: ({ credential, model }) => poolProvider(credential.identity(model).pool),
      isNotable: () => true,
      show: (rest) => shownRest(rest, at),
    }),
    section<BackendLoad>({
      name: 'backends',
      entries: () => routing.loads,
      providerOf: ({ provider }) => provider,
      isNotable: ({ inFlight }) => inFlight > 0,
      show: ({ backend, provider, inFlight }) => ({ backend, provider, inFlight }),
    }),
    section<readonly [string, { readonly inFlight: number }]>({
      name: 'keys',
      entries: () => routing.keyLimiters.byId.entries(),
      providerOf: ([id]) => poolProvider(firstTwo(id)),
      isNotable: ([, { inFlight }]) => inFlight > 0,
      show: ([quotaGroup, { inFlight }]) => ({ quotaGroup, inFlight }),
    }),
    section<ConnectionLimiter>({
      name: 'connections',
      entries: () => routing.connections,
      providerOf: ({ id }) => id.split(' ', 1)[0],
      isNotable: ({ inUse }) => inUse > 0,
      show: ({ id, inUse }) => ({ target: id, inUse }),
    }),
    section<readonly [string, number]>({
      name: 'queues',
      entries: () => routing.lines.entries(),
      providerOf: ([line]) => (line.includes(' ') ? line.split(' ', 1)[0] : poolProvider(line)),
      isNotable: () => true,
      show: ([line, waiting]) => ({ for: line, waiting }),
    }),
    section<readonly [string, { readonly inFlight: number }]>({
      name: 'consumers',
      entries: () => consumers.byId.entries(),
      providerOf: () => undefined,
      isNotable: ([, { inFlight }]) => inFlight > 0,
      show: ([consumer, { inFlight }]) => ({ consumer, inFlight }),
    }),
  ];
}

/** One list of sections of different entries: each knows its own. */
const section = <Entry>(made: StateSection<Entry>) => made as StateSection;

type At = (atMs: number) => string | null;

function shownBreaker({ id, state, sinceMs, openedBy }: BreakerCell, at: At, nowMs: number): object {
  const since = sinceMs > 0 && { since: at(sinceMs) };
  if (state.phase === 'Closed') {
    const { results, failures } = countsOf(state.window);
    const { consecutiveFailures, consecutiveTruncations } = state;
    return {
      breaker: id,
      phase: state.phase,
      ...since,
      results,
      failures,
      consecutiveFailures,
      consecutiveTruncations,
    };
  }
  const { errorClass, code } = openedBy;
  const common = { openings: state.openings, cause: errorClass, ...(code !== '' && { code }) };
  if (state.phase === 'HalfOpen') {
    const { probesInFlight, successes } = state;
    return { breaker: id, phase: state.phase, ...since, ...common, probesInFlight, successes };
  }
  // Its time is over, and no request has come since to try it.
  if (phaseAt(state, nowMs) === 'HalfOpen') {
    return { breaker: id, phase: 'HalfOpen', since: at(state.untilMs), ...common, probesInFlight: 0, successes: 0 };
  }
  return { breaker: id, phase: state.phase, ...since, until: at(state.untilMs), ...common };
}

/** A key's pause for one model or for all, or its trial after one. */
interface Rest {
  readonly credential: CredentialState;
  readonly model: string | undefined;
  /** undefined: the pause is over. */
  readonly untilMs: number | undefined;
}

/** undefined: a credential was looked at that has none. */
function* rests(
  credentials: Iterable<readonly [string, CredentialState]>,
  nowMs: number,
): IterableIterator<Rest | undefined> {
  for (const [, credential] of credentials) {
    yield undefined;
    const { onTrial, untilMs: overMs } = credential.all;
    if (onTrial && overMs <= nowMs) yield { credential, model: undefined, untilMs: undefined };
    for (const [model, { untilMs }] of credential.pauses()) if (untilMs > nowMs) yield { credential, model, untilMs };
  }
}

function shownRest({ credential, model, untilMs }: Rest, at: At): object {
  const { pool, name, credential: id } = credential.identity(model);
  const { cause, onTrial } = credential.cooldown(model);
  return {
    key: `${pool}/${name}`,
    ...(model !== undefined && { model }),
    credential: id,
    cause,
    // null: until the key's value changes.
    ...(untilMs !== undefined && { until: at(untilMs) }),
    ...(onTrial && { onTrial }),
  };
}

const firstTwo = (id: string): string => id.split('/', 2).join('/');
