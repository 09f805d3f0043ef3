import type { ClientRequest } from '#libs/dialects';
import {
  explain,
  type ExplainedStep,
  type ImaginedOutcome,
  type PassedOver,
  type Verdict,
  verdicts,
} from '#libs/routing';
import type { AuthenticatedConsumer } from '../consumers/authenticated-consumer.js';
import { errorTable, GatewayError } from '../errors/error-table.js';
import { headerFault, type Routed, routeRequest, tooManyAtOnce } from '../pipeline/phases.js';
import type { Runtime } from '../pipeline/runtime.js';
import type { PinnedTable } from '../runs/pinned-table.js';
import { type FailedAttempt, stopError } from '../runs/stop-error.js';
import { type ServedOperation, servedAt } from '../surfaces/served-at.js';
import { AdminError } from './admin-route.js';
import type { ExplainRequest } from './explain-request.js';
import { explainedConsumer } from './explained-consumer.js';
import { wallTime } from './wall-time.js';

/** A request of which the phases before the run have found everything. */
interface Found {
  readonly consumer: AuthenticatedConsumer;
  readonly served: ServedOperation;
  readonly request: ClientRequest;
  readonly routed: Routed;
}

/**
 * What would become of a request now: the same phases, the same `decide`, over a copy of the state. Nothing is taken,
 * counted, sent or remembered. Throws an AdminError for a question that can't be asked.
 */
export function explanationOf(runtime: Runtime, asked: ExplainRequest, seed: number): object {
  const table = runtime.tables.current;
  if (table === undefined) throw new AdminError(503, 'this data plane has no routing table yet');
  const { revision, version } = table.view;
  const nowMs = runtime.clock.nowMs();
  const head = { at: wallTime(runtime.clock, nowMs), table: { revision, version }, seed };
  const consumer = explainedConsumer(table.view, runtime.consumers, asked);
  const { namespace, name } = consumer.consumer;
  const known = { ...head, consumer: `${namespace}/${name}` };
  const found = findAll(runtime, { table, consumer, nowMs }, asked);
  if (found instanceof GatewayError) return { ...known, end: shownError(found) };
  return { ...known, ...routing(runtime, table, found, { outcomes: asked.outcomes, seed, nowMs }) };
}

/** Who asks, in which table, when. */
interface Asker {
  readonly table: PinnedTable;
  readonly consumer: AuthenticatedConsumer;
  readonly nowMs: number;
}

/** As `acceptInference` and `handleInference` do, in their order. */
function findAll(
  { surfaces }: Pick<Runtime, 'surfaces'>,
  { table, consumer, nowMs }: Asker,
  { path, headers, body }: ExplainRequest,
): Found | GatewayError {
  const served = servedAt(surfaces, 'POST', path, headers);
  if (served?.operation.kind !== 'Inference') {
    throw new AdminError(400, `path: no inference request is served at POST ${path.slice(0, 200)}`);
  }
  const { limiter, consumer: entry } = consumer;
  const isFull = !limiter.hasRoom(entry.maxConcurrency);
  const fault = isFull ? tooManyAtOnce(entry.maxConcurrency) : headerFault(headers);
  if (fault !== undefined) return fault;
  const request = served.surface.read(served.operation, headers, bytesOf(body));
  if (request instanceof GatewayError) return request;
  const routed = routeRequest(table, consumer, request.model, headers, nowMs);
  return routed instanceof GatewayError ? routed : { consumer, served, request, routed };
}

/** As a client would send it. Throws a 400: it may be read deeper than it can be written. */
function bytesOf(body: object): Buffer {
  try {
    return Buffer.from(JSON.stringify(body));
  } catch {
    throw new AdminError(400, 'body: nested too deep');
  }
}

interface Imagining {
  readonly outcomes: readonly ImaginedOutcome[];
  readonly seed: number;
  readonly nowMs: number;
}

function routing(
  runtime: Runtime,
  table: PinnedTable,
  { served, request, routed: { route, facts } }: Found,
  { outcomes, seed, nowMs }: Imagining,
): object {
  const at = (atMs: number) => wallTime(runtime.clock, atMs);
  const state = table.snapshot(route);
  state.advance(nowMs);
  const candidates = verdicts({ route, facts, view: state, nowMs, seed });
  const steps = explain({ route, facts, state, nowMs, seed, outcomes });
  return {
    operation: served.operation.name,
    model: request.model,
    stream: request.stream,
    route: `${route.entry.namespace}/${route.entry.name}`,
    rule: facts.rule?.rule.name ?? null,
    candidates: candidates.map((verdict) => shownVerdict(verdict, at)),
    steps: steps.map((step) => shownStep(step, nowMs, at)),
    end: endOf(steps, request.model),
  };
}

type At = (atMs: number) => string | null;

function shownVerdict({ candidate, after, priority, weight, reason, untilMs }: Verdict, at: At): object {
  return {
    backend: candidate,
    ...(after && { after }),
    ...(priority !== undefined && { priority, weight }),
    verdict: reason ?? 'Available',
    ...(untilMs !== undefined && { until: at(untilMs) }),
  };
}

/** `atMs` counts from now. */
function shownStep({ atMs, ...step }: ExplainedStep, nowMs: number, at: At): object {
  const shown = { ...step, atMs: atMs - nowMs };
  if (!('passedOver' in shown)) return shown;
  const { passedOver, ...rest } = shown;
  return passedOver.length === 0
    ? rest
    : { ...rest, passedOver: passedOver.map((entry) => shownPassedOver(entry, at)) };
}

function shownPassedOver({ candidate, reason, untilMs }: PassedOver, at: At): object {
  return { backend: candidate, reason, ...(untilMs !== undefined && { until: at(untilMs) }) };
}

/** What the client would get. */
function endOf(steps: readonly ExplainedStep[], model: string): object | undefined {
  const last = steps.at(-1);
  if (last?.type === 'Answered') return { type: 'Answer', attempt: last.number };
  if (last?.type !== 'Stop') return undefined;
  const failed = steps.find((step) => step.type === 'Attempt' && step.number === last.last);
  const attempt = failed?.type === 'Attempt' ? failedAttempt(failed.outcome) : undefined;
  const { code, retryAfterMs, passedOver } = last;
  return shownError(stopError({ code, retryAfterMs, passedOver }, attempt, model));
}

function failedAttempt({ outcome, code = '', retryAfterMs }: ImaginedOutcome): FailedAttempt {
  return { outcome, code, retryAfterMs, message: '', param: '', status: 0 };
}

function shownError({ code, message, retryAfterMs }: GatewayError): object {
  const { status } = errorTable[code];
  return { type: 'Error', status, code, message, ...(retryAfterMs >= 0 && { retryAfterMs }) };
}
