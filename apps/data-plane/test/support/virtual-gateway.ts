import type { TransportFailure } from '#libs/inference';
import { FakeClock, seededRandom } from '#libs/testing';
import { dataOfFrames } from '../../src/http/chunk-frames.js';
import type { Downstream, DownstreamEvents } from '../../src/exchange/downstream.js';
import { Exchange } from '../../src/exchange/exchange.js';
import { GatewayError } from '../../src/errors/error-table.js';
import { servedAt } from '../../src/surfaces/served-at.js';
import { acceptInference, handleInference } from '../../src/pipeline/handle-inference.js';
import { RequestRecord } from '../../src/record/request-record.js';
import { createRuntime, type Runtime, type RuntimeDependencies } from '../../src/pipeline/runtime.js';
import { CurrentTable } from '../../src/table/current-table.js';
import type { Transport, UpstreamCall, UpstreamHandler, UpstreamRequest } from '../../src/upstream/transport.js';
import { API_KEY, type Configuration, tableOf } from './entries.js';
import { TestCredentials } from './gateway.js';

/** One upstream call, whose course the test tells step by step. After an abort or an end nothing more is told. */
export class VirtualCall implements UpstreamCall {
  isOver = false;
  isAborted = false;
  /** How often the gateway asked for more after a pause. */
  resumed = 0;
  /** How often it would rather have the next bytes together. */
  rested = 0;
  constructor(
    readonly request: UpstreamRequest,
    private readonly handler: UpstreamHandler,
  ) {}

  resume(): void {
    this.resumed += 1;
  }

  rest(): void {
    this.rested += 1;
  }

  abort(): void {
    this.isOver = true;
    this.isAborted = true;
  }

  sent(): void {
    if (!this.isOver) this.handler.onSent();
  }

  /** `headers`: names and values in turn. */
  head(status: number, contentType: string, headers: readonly string[] = []): void {
    if (!this.isOver) this.handler.onHead(status, ['Content-Type', contentType, ...headers]);
  }

  data(text: string): void {
    if (this.isOver) return;
    this.handler.onData(Buffer.from(text));
    if (!this.isOver) this.handler.onRead(undefined);
  }

  /** One read of the socket, with several ranges of the body; `frames`: what it consisted of. */
  reads(ranges: readonly string[], frames?: string): void {
    for (const range of ranges) if (!this.isOver) this.handler.onData(Buffer.from(range));
    if (!this.isOver) this.handler.onRead(frames === undefined ? undefined : Buffer.from(frames));
  }

  /** The last read: what it brings is followed by the end, as on a real connection. */
  endsWith(ranges: readonly string[]): void {
    for (const range of ranges) if (!this.isOver) this.handler.onData(Buffer.from(range));
    this.end();
  }

  /** A read of one range. False: the gateway wants a pause. */
  takesMore(text: string): boolean {
    const isWanted = this.handler.onData(Buffer.from(text));
    this.handler.onRead(undefined);
    return isWanted;
  }

  end(): void {
    if (this.isOver) return;
    this.isOver = true;
    this.handler.onEnd();
  }

  fail(failure: TransportFailure = 'ConnectionReset'): void {
    if (this.isOver) return;
    this.isOver = true;
    this.handler.onFailure(failure, 'ECONNRESET');
  }
}

/** What a client received, and whether the rules of a response were kept. */
export class VirtualClient implements Downstream {
  heads = 0;
  ends = 0;
  status = 0;
  contentType = '';
  text = '';
  /** Each write of a stream, and each run of frames that was passed as it came. */
  readonly writes: string[] = [];
  readonly frames: string[] = [];
  isSlow = false;
  isBehindAnother = false;
  isDestroyed = false;
  exchange: Exchange | undefined;

  send(status: number, headers: string[], body: Buffer | string): boolean {
    this.start(status, headers);
    this.text += body.toString();
    return this.end('');
  }

  start(status: number, headers: string[]): void {
    if (this.heads > 0) throw new Error('a second head');
    this.heads += 1;
    this.contentType = headers[headers.indexOf('content-type') + 1] ?? '';
    this.status = status;
  }

  write(text: string): boolean {
    if (this.heads === 0 || this.ends > 0) throw new Error('a write outside of the response');
    this.text += text;
    this.writes.push(text);
    return !this.isSlow;
  }

  writeFrames(frames: Buffer): boolean {
    this.frames.push(frames.toString('latin1'));
    return this.write(dataOfFrames(frames));
  }

  end(rest: string): boolean {
    if (rest !== '') this.write(rest);
    this.ends += 1;
    return !this.isSlow;
  }

  destroy(): void {
    this.isDestroyed = true;
  }

  /** It closes its connection. */
  leave(): void {
    this.say('abandoned');
  }

  /** It has read what was written. */
  catchUp(): void {
    this.isSlow = false;
    this.say('drained');
    if (this.ends > 0) this.say('flushed');
  }

  /** The process ends and does not wait for it. */
  cutOff(): void {
    this.guarded((exchange) => exchange.fail(new GatewayError('shutting_down', 'x')));
  }

  private say(event: Exclude<keyof DownstreamEvents, 'fail'>): void {
    this.guarded((exchange) => exchange[event]());
  }

  /** As the real one does: what is thrown ends this request alone. */
  private guarded(act: (exchange: Exchange) => void): void {
    const { exchange } = this;
    if (exchange === undefined) return;
    try {
      act(exchange);
    } catch (error) {
      exchange.fault(error);
    }
  }
}

export interface VirtualGatewayOptions {
  /** Told of each upstream call, before `send` returns. */
  readonly onCall?: (call: VirtualCall) => void;
  /** Puts something between the request path and what it is made of. */
  readonly wrap?: (dependencies: RuntimeDependencies) => RuntimeDependencies;
}

/** What `held` is once no request runs. */
export const nothingHeld: Readonly<Record<string, number>> = {
  running: 0,
  permits: 0,
  keys: 0,
  connections: 0,
  backends: 0,
  consumers: 0,
  probes: 0,
  queued: 0,
  timers: 0,
  tables: 1,
};

/** The whole request path in memory: virtual time, seeded chance, upstream calls that the test drives. */
export class VirtualGateway {
  readonly clock = new FakeClock();
  readonly calls: VirtualCall[] = [];
  readonly clients: VirtualClient[] = [];
  readonly finished: RequestRecord[] = [];
  readonly credentials = new TestCredentials();
  readonly runtime: Runtime;
  /** Requests that the observer was told of at their start. */
  started = 0;
  /** What listeners of a swap ran into. */
  readonly swapFaults: unknown[] = [];
  private readonly tables = new CurrentTable((error) => this.swapFaults.push(error));
  private revision = 0;

  constructor(seed: number, { onCall, wrap = (dependencies) => dependencies }: VirtualGatewayOptions = {}) {
    const random = seededRandom(seed);
    const transport: Transport = {
      send: (request, handler) => {
        const call = new VirtualCall(request, handler);
        this.calls.push(call);
        onCall?.(call);
        return call;
      },
      close: () => Promise.resolve(),
    };
    const dependencies: RuntimeDependencies = {
      clock: this.clock,
      random: {
        fill: (bytes) => {
          for (let index = 0; index < bytes.length; index += 1) bytes[index] = Math.floor(random() * 256);
        },
      },
      transport,
      tables: this.tables,
      credentials: this.credentials,
      onStateEvent() {},
      observer: {
        started: () => {
          this.started += 1;
        },
        finished: (record) => this.finished.push(record),
      },
      logger: { info() {}, warn() {}, error() {} } as unknown as Runtime['logger'],
    };
    this.runtime = createRuntime(wrap(dependencies));
  }

  async serve(configuration: Configuration): Promise<void> {
    this.revision += 1;
    this.tables.swap(await tableOf(configuration, this.revision));
  }

  chat(stream: boolean): VirtualClient {
    return this.ask('/v1/chat/completions', JSON.stringify({ model: 'chat', stream, messages: [] }));
  }

  /** A request with a body, at the path of any dialect. */
  ask(path: string, body: string, headers: Readonly<Record<string, string>> = {}): VirtualClient {
    const { ids, clock } = this.runtime;
    const fresh = ids.forRequest();
    const record = new RequestRecord({
      requestId: fresh.slice(48),
      traceId: fresh.slice(0, 32),
      spanId: fresh.slice(32, 48),
      parentSpanId: '',
      parentSampled: false,
      startedMs: clock.nowMs(),
      epochOffsetMs: 0,
      method: 'POST',
      path,
    });
    const client = new VirtualClient();
    const { surface, operation } = servedAt(this.runtime.surfaces, 'POST', path, {})!;
    if (operation.kind !== 'Inference') throw new Error('not an inference');
    record.operation = operation.name;
    const exchange = new Exchange(this.runtime, surface, record, client);
    client.exchange = exchange;
    this.clients.push(client);
    try {
      const authorization = `Bearer ${API_KEY}`;
      const accepted = acceptInference(this.runtime, exchange, operation, { authorization, ...headers });
      if (accepted !== undefined) handleInference(this.runtime, exchange, accepted, Buffer.from(body));
    } catch (error) {
      exchange.fault(error);
    }
    return client;
  }

  /** Everything that is taken while requests run; of tables one is current. */
  held(): Record<string, number> {
    const { routing } = this.runtime;
    let keys = 0;
    for (const [, limiter] of routing.keyLimiters.byId.entries()) keys += limiter.inFlight;
    let consumers = 0;
    for (const [, limiter] of this.runtime.consumers.byId.entries()) consumers += limiter.inFlight;
    let probes = 0;
    for (const [, { state }] of routing.breakers.byId.entries()) {
      if (state.phase === 'HalfOpen') probes += state.probesInFlight;
    }
    let connections = 0;
    for (const { inUse } of routing.connections) connections += inUse;
    let backends = 0;
    for (const { inFlight } of routing.loads) backends += inFlight;
    let queued = 0;
    for (const [, waiting] of routing.lines.entries()) queued += waiting;
    return {
      running: this.runtime.running.size,
      permits: routing.given - routing.returned,
      keys,
      connections,
      backends,
      consumers,
      probes,
      queued,
      timers: this.runtime.wheel.size,
      tables: [...this.runtime.tables.live].length,
    };
  }
}
