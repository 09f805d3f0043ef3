import type { Tracer } from '@opentelemetry/api';
import {
  encodeFromControlPlane,
  MAX_TRACE_PARENTS,
  type FromControlPlane,
  type FromDataPlane,
  type Hello,
  type TraceParents,
} from '#libs/control-protocol';
import type { Timers } from '#libs/clock';
import { SCHEMA_VERSION } from '#libs/routing-table';
import { attributeNames, spanNames, withSpanInEach, type RunningSpan } from '#libs/telemetry';
import type { SecretValue } from '../cache/secret-values.js';
import type { SessionListener } from '../fleet/connection-listener.js';
import { credentialDifference } from './credential-difference.js';
import type { PublishedTable } from './published-table.js';
import {
  acknowledged,
  greeted,
  nextPublication,
  refused,
  sent,
  type InFlight,
  type SessionState,
} from './session-state.js';

export interface SessionOptions {
  readonly hello: Hello;
  readonly table: PublishedTable;
  readonly secretValue: (id: string) => SecretValue | undefined;
  readonly send: (frame: Buffer) => void;
  /** Ends the connection; the data plane comes back by itself. */
  readonly terminate: (reason: string) => void;
  readonly listener: SessionListener;
  readonly tracer: Tracer;
  readonly timers: Timers;
  readonly count: (type: InFlight['type'], answer: 'ack' | 'nack') => void;
  /** A data plane that hasn't answered for so long is too slow to be kept waiting for. */
  readonly answerWithinMs: number;
}

/** One data plane on one connection: decides what it is sent, and takes its answers. */
export class DataPlaneSession {
  private state: SessionState;
  private knownCredentials: ReadonlyMap<string, string> | undefined;
  private traceParents: TraceParents = [];
  /** Ends the publish span of what is in flight. */
  private answered: (refusal?: string) => void = () => {};
  private cancelDeadline = () => {};
  private closed = false;

  constructor(private readonly options: SessionOptions) {
    const { version } = options.hello;
    // What it says it serves is a start for deltas; it counts as served once it acknowledged something here.
    this.state = greeted(version === undefined ? undefined : { version, revision: -1 });
  }

  get name(): string {
    return this.options.hello.name;
  }

  get uid(): string {
    return this.options.hello.uid;
  }

  /** There may be something new: after the hello, after each compile. */
  advance(traceParents: TraceParents): void {
    if (this.closed) return;
    this.traceParents = [...new Set([...this.traceParents, ...traceParents])].slice(0, MAX_TRACE_PARENTS);
    this.sendCredentials();
    this.publish();
  }

  receive(message: Exclude<FromDataPlane, Hello>): void {
    if (message.type === 'report') {
      this.options.listener.reported(message.unresolvedCredentials);
      return;
    }
    const { inFlight } = this.state;
    if (inFlight?.nonce !== message.nonce) return;
    this.cancelDeadline();
    this.options.count(inFlight.type, message.type);
    if (message.type === 'ack') {
      this.state = acknowledged(this.state, message.nonce);
      this.answered();
      this.options.listener.served(this.state.served!);
    } else {
      this.state = refused(this.state, message.nonce, message.reason);
      this.answered(message.reason);
      if (inFlight.type === 'full') this.options.listener.rejected(this.state.rejected!);
    }
    this.publish();
  }

  close(): void {
    this.closed = true;
    this.cancelDeadline();
    this.answered('the connection ended');
  }

  /** Never held back by what is in flight: a revocation is urgent, and a value must be there before its table. */
  private sendCredentials(): void {
    const { table, secretValue } = this.options;
    if (table.version === '') return;
    const difference = credentialDifference(this.knownCredentials, table.secretCredentials(), secretValue);
    if (!difference) return;
    this.knownCredentials = difference.known;
    this.send(difference.message);
  }

  private publish(): void {
    const { table, tracer, timers, terminate, answerWithinMs, hello } = this.options;
    if (this.closed) return;
    const current = { version: table.version, revision: table.revision };
    const next = nextPublication(this.state, current, (version) => table.delta(version) !== undefined);
    if (!next) return;
    const base = this.state.served?.version;
    const parents = this.traceParents;
    this.traceParents = [];
    this.state = sent(this.state, next);
    this.cancelDeadline = timers.after(answerWithinMs, () => terminate(`no answer within ${answerWithinMs} ms`));
    const attributes = {
      [attributeNames.dataPlane]: hello.name,
      [attributeNames.revision]: next.revision,
      [attributeNames.tableVersion]: next.version,
    };
    void withSpanInEach(tracer, spanNames.publish, parents, { attributes }, async (spans) => {
      const refusal = new Promise<string | undefined>((resolve) => {
        this.answered = resolve;
      });
      this.send(this.messageOf(next, base, spans));
      const reason = await refusal;
      if (reason !== undefined) for (const span of spans) span.fail('rejected', reason);
    }).catch((error: unknown) => terminate(`the table could not be sent: ${String(error)}`));
  }

  private messageOf(next: InFlight, base: string | undefined, spans: readonly RunningSpan[]): FromControlPlane {
    const { table } = this.options;
    const { nonce, revision, version } = next;
    const head = { nonce, revision, version, traceParents: spans.map(({ traceParent }) => traceParent) };
    const delta = next.type === 'delta' ? table.delta(base!) : undefined;
    if (delta) return { type: 'delta', ...head, baseVersion: base!, ...delta };
    if (next.type === 'bookmark') return { type: 'bookmark', ...head };
    return { type: 'full', ...head, schemaVersion: SCHEMA_VERSION, entries: table.full() };
  }

  private send(message: FromControlPlane): void {
    this.options.send(encodeFromControlPlane(message));
  }
}
