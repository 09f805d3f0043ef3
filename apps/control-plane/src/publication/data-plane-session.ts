import type { Tracer } from '@opentelemetry/api';
import {
  encodeFromControlPlane,
  MAX_TRACE_PARENTS,
  type FromControlPlane,
  type FromDataPlane,
  type Hello,
  type TraceParents,
} from '#libs/control-protocol';
import type { Clock } from '#libs/clock';
import { SCHEMA_VERSION } from '#libs/routing-table';
import { attributeNames, spanNames, withSpanInEach, type RunningSpan } from '#libs/telemetry';
import type { Position, SessionListener } from '../fleet/connection-listener.js';
import { SessionCommands } from './session-commands.js';
import { newValues, revocations } from './credential-difference.js';
import type { PublishedTable, PublishedTables } from './published-tables.js';
import {
  acknowledged,
  greeted,
  nextPublication,
  refused,
  refusedStill,
  sent,
  type InFlight,
  type SessionState,
} from './session-state.js';

export interface SessionOptions {
  readonly hello: Hello;
  readonly tables: PublishedTables;
  readonly send: (frame: Buffer) => void;
  /** Ends the connection; the data plane comes back by itself. */
  readonly terminate: (reason: string) => void;
  readonly listener: SessionListener;
  readonly tracer: Tracer;
  readonly clock: Clock;
  readonly count: (type: InFlight['type'], answer: 'ack' | 'nack') => void;
  /** A data plane that hasn't answered for so long is too slow to be kept waiting for. */
  readonly answerWithinMs: number;
}

/** One data plane on one connection: decides what it is sent, and takes its answers. */
export class DataPlaneSession {
  readonly commands: SessionCommands;
  private state: SessionState;
  /** What the last publication was about; undefined: there was none on this connection. */
  private sent: PublishedTable | undefined;
  /** The publication that it acknowledged last. */
  private served: PublishedTable | undefined;
  /** Versions that are kept for it: deltas lead from them. */
  private readonly holds = new Set<string>();
  private traceParents: TraceParents = [];
  /** Ends the publish span of what is in flight. */
  private answered: (refusal?: string) => void = () => {};
  private cancelDeadline = () => {};
  private closed = false;

  constructor(private readonly options: SessionOptions) {
    const { hello, clock, send } = options;
    const { version } = hello;
    this.commands = new SessionCommands({ hello, clock, send });
    if (version !== undefined) this.hold(version);
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
    this.publish();
  }

  receive(message: Exclude<FromDataPlane, Hello>): void {
    if (message.type === 'report') {
      this.options.listener.reported(message);
      return;
    }
    if (message.type === 'commandAnswer') {
      this.commands.answered(message);
      return;
    }
    const { inFlight } = this.state;
    if (inFlight?.nonce !== message.nonce) return;
    this.cancelDeadline();
    this.options.count(inFlight.type, message.type);
    if (message.type === 'ack') {
      this.state = acknowledged(this.state, message.nonce);
      this.answered();
      this.swapped();
      this.options.listener.served(this.state.served!);
    } else {
      this.state = refused(this.state, message.nonce, message.reason);
      this.answered(message.reason);
      if (inFlight.type === 'full') this.options.listener.rejected(this.state.rejected!);
    }
    this.holdOnly(this.state.served?.version);
    this.publish();
  }

  close(): void {
    this.closed = true;
    this.cancelDeadline();
    this.answered('the connection ended');
    this.holdOnly(undefined);
  }

  /** Only now, as a table that is refused must leave the one before it with its keys. */
  private swapped(): void {
    const { sent, served } = this;
    if (!sent) return;
    this.served = sent;
    const message = revocations(served?.secrets, sent.secrets);
    if (message) this.send(message);
  }

  private hold(version: string): void {
    if (!this.holds.has(version) && this.options.tables.hold(version)) this.holds.add(version);
  }

  private holdOnly(version: string | undefined): void {
    for (const other of this.holds) {
      if (other === version) continue;
      this.options.tables.release(other);
      this.holds.delete(other);
    }
  }

  private publish(): void {
    const { tables, tracer, clock, terminate, answerWithinMs, hello } = this.options;
    const assigned = tables.assigned();
    if (this.closed || !assigned) return;
    const { version, revision } = assigned.table;
    const current = { version, revision };
    this.noteStillRefused(current);
    const next = nextPublication(this.state, current, (base) => tables.delta(base) !== undefined);
    if (!next) return;
    const base = this.state.served?.version;
    const parents = this.traceParents;
    this.traceParents = [];
    this.state = sent(this.state, next);
    this.hold(version);
    this.cancelDeadline = clock.after(answerWithinMs, () => terminate(`no answer within ${answerWithinMs} ms`));
    const attributes = {
      [attributeNames.dataPlane]: hello.name,
      [attributeNames.revision]: next.revision,
      [attributeNames.tableVersion]: next.version,
    };
    void withSpanInEach(tracer, spanNames.publish, parents, { attributes }, async (spans) => {
      const refusal = new Promise<string | undefined>((resolve) => {
        this.answered = resolve;
      });
      const values = newValues(assigned.secrets, { sent: this.sent?.secrets, served: this.served?.secrets });
      this.sent = assigned;
      // A value must be there before the table that names it.
      if (values) this.send(values);
      this.send(this.messageOf(next, base, spans));
      const reason = await refusal;
      if (reason !== undefined) for (const span of spans) span.fail('rejected', reason);
    }).catch((error: unknown) => terminate(`the table could not be sent: ${String(error)}`));
  }

  private noteStillRefused(current: Position): void {
    const state = refusedStill(this.state, current);
    if (state === this.state) return;
    this.state = state;
    this.options.listener.rejected(state.rejected!);
  }

  private messageOf(next: InFlight, base: string | undefined, spans: readonly RunningSpan[]): FromControlPlane {
    const { nonce, revision, version } = next;
    const head = { nonce, revision, version, traceParents: spans.map(({ traceParent }) => traceParent) };
    const delta = next.type === 'delta' ? this.options.tables.delta(base!) : undefined;
    if (delta) return { type: 'delta', ...head, baseVersion: base!, ...delta };
    if (next.type === 'bookmark') return { type: 'bookmark', ...head };
    return { type: 'full', ...head, schemaVersion: SCHEMA_VERSION, entries: [...this.sent!.table.entries()] };
  }

  private send(message: FromControlPlane): void {
    this.options.send(encodeFromControlPlane(message));
  }
}
