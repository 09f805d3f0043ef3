import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { SpanKind } from '@opentelemetry/api';
import { eventually, OtlpReceiver } from '#libs/testing';
import {
  createLogger,
  MetricsRegistry,
  newSpanId,
  newTraceId,
  parseTraceParent,
  silentTracer,
  type SpanHead,
  type SpanProjection,
  startTelemetry,
  type Telemetry,
  type TelemetryOptions,
  withSpan,
} from '../index.js';

const endpointVariable = 'OTEL_EXPORTER_OTLP_ENDPOINT';
let log: Record<string, unknown>[];
let metrics: MetricsRegistry;
let running: Telemetry | undefined;
let receiver: OtlpReceiver | undefined;

async function start(options: Partial<TelemetryOptions> = {}): Promise<Telemetry> {
  log = [];
  metrics = new MetricsRegistry();
  running = await startTelemetry({
    serviceName: 'signalbox-test',
    version: '1.2.3',
    instanceId: 'one',
    ratio: 1,
    exportDelayMs: 1,
    metrics,
    log: createLogger({
      name: 'test',
      level: 'info',
      destination: { write: (line: string) => void log.push(JSON.parse(line) as Record<string, unknown>) },
    }),
    ...options,
  });
  return running;
}

/** Finished work that is a span's head already. */
const heads: SpanProjection<SpanHead> = {
  count: () => 1,
  write: (finished, spans) => {
    spans.start(finished);
    spans.end('', true);
  },
};
const head = (): SpanHead => ({
  name: 'finished',
  kind: SpanKind.SERVER,
  traceId: newTraceId(),
  spanId: newSpanId(),
  parentSpanId: '',
  startMs: 1,
  endMs: 2,
});

const metric = (name: string): number => Number(new RegExp(`^${name} (\\S+)$`, 'm').exec(metrics.expose())?.[1]);

afterEach(async () => {
  await running?.shutdown(2_000);
  await receiver?.stop();
  running = receiver = undefined;
  delete process.env[endpointVariable];
});

describe('with a backend', () => {
  beforeEach(async () => {
    receiver = await OtlpReceiver.start();
    process.env[endpointVariable] = receiver.endpoint;
  });

  it('sends spans around running work with parent, links, attributes and failure', async () => {
    const { tracer } = await start();
    const link = `00-${newTraceId()}-${newSpanId()}-01`;
    const failing = withSpan(tracer, 'apply', { kind: SpanKind.SERVER, attributes: { a: 1 } }, (outer) =>
      withSpan(tracer, 'commit', { parent: outer.traceParent, links: [link, 'nonsense'] }, (inner) => {
        inner.setAttributes({ revision: 7, ratio: 0.5, ok: true, names: ['x', 'y'] });
        inner.addEvent('locked', { rows: 3 });
        throw new RangeError('refused for Bearer abcdefghijkl');
      }),
    );
    await expect(failing).rejects.toThrow('refused');
    const [commit, apply] = await eventually(() => (receiver!.spans.length === 2 ? receiver!.spans : undefined));
    expect(apply).toMatchObject({
      name: 'apply',
      kind: 2,
      parentSpanId: '',
      attributes: { a: 1, 'error.type': 'RangeError' },
      resource: { 'service.name': 'signalbox-test', 'service.version': '1.2.3', 'service.instance.id': 'one' },
      scope: 'signalbox',
    });
    expect(commit).toMatchObject({
      name: 'commit',
      kind: 1,
      traceId: apply!.traceId,
      parentSpanId: apply!.spanId,
      attributes: { revision: 7, ratio: 0.5, ok: true, names: ['x', 'y'], 'error.type': 'RangeError' },
      events: [{ name: 'locked', attributes: { rows: 3 } }],
      links: [{ traceId: parseTraceParent(link)!.traceId, spanId: parseTraceParent(link)!.spanId }],
      status: { code: 2, message: 'refused for Bearer [redacted]' },
    });
    expect(JSON.stringify(apply!.resource)).not.toMatch(/process\.|host\./);
  });

  it('sends spans made after the fact with the ids and times they were given, whatever the ratio', async () => {
    const { spanQueue } = await start({ ratio: 0 });
    const finished: SpanHead = {
      ...head(),
      parentSpanId: newSpanId(),
      startMs: 1_700_000_000_000.25,
      endMs: 1_700_000_001_500.75,
    };
    spanQueue(heads)!.add(finished);
    const [span] = await eventually(() => (receiver!.spans.length === 1 ? receiver!.spans : undefined));
    const { traceId, spanId, parentSpanId } = finished;
    expect(span).toMatchObject({
      traceId,
      spanId,
      parentSpanId,
      kind: 2,
      resource: { 'service.name': 'signalbox-test', 'service.version': '1.2.3', 'service.instance.id': 'one' },
      scope: 'signalbox',
    });
    expect(span!.startMs).toBeCloseTo(1_700_000_000_000.25, 2);
    expect(span!.endMs).toBeCloseTo(1_700_000_001_500.75, 2);
    // Counted once the receiver's answer is back, which is a moment after it has the spans.
    await eventually(() => metric('signalbox_spans_exported_total') === 1);
    expect(metric('signalbox_spans_dropped_total')).toBe(0);
    expect(metric('signalbox_spans_pending')).toBe(0);
  });

  it('honours the standard settings of the exporter, those for traces first', async () => {
    Object.assign(process.env, {
      OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: `${receiver!.endpoint}/v1/traces`,
      [endpointVariable]: 'http://127.0.0.1:9',
      OTEL_EXPORTER_OTLP_HEADERS: 'x-tenant=one,x-common=yes',
      OTEL_EXPORTER_OTLP_TRACES_HEADERS: 'x-tenant=two',
      OTEL_EXPORTER_OTLP_COMPRESSION: 'gzip',
      OTEL_RESOURCE_ATTRIBUTES: 'deployment.environment.name=test',
    });
    try {
      const { spanQueue } = await start();
      spanQueue(heads)!.add(head());
      const [span] = await eventually(() => (receiver!.spans.length === 1 ? receiver!.spans : undefined));
      expect(span!.resource).toMatchObject({ 'deployment.environment.name': 'test', 'service.name': 'signalbox-test' });
      expect(receiver!.headers).toMatchObject({
        'x-tenant': 'two',
        'x-common': 'yes',
        'content-encoding': 'gzip',
        'content-type': 'application/x-protobuf',
      });
    } finally {
      for (const name of Object.keys(process.env)) if (name.startsWith('OTEL_')) delete process.env[name];
    }
  });

  it.each([429, 502, 503, 504])('tries again where the endpoint answers %i', async (status) => {
    const { spanQueue, droppedSpans } = await start();
    receiver!.status = status;
    receiver!.answerHeaders = { 'retry-after': '0' };
    receiver!.answered = () => (receiver!.status = 200);
    spanQueue(heads)!.add(head());
    await eventually(() => metric('signalbox_spans_exported_total') === 1);
    expect([receiver!.requests, receiver!.spans.length, droppedSpans()]).toEqual([2, 1, 0]);
  });

  it('counts what the endpoint refused of a batch that it took', async () => {
    const { spanQueue } = await start();
    // partial_success: {rejected_spans: 1, error_message: "late"}
    receiver!.answerBody = Buffer.from([0x0a, 0x08, 0x08, 0x01, 0x12, 0x04, ...Buffer.from('late')]);
    const queue = spanQueue(heads)!;
    queue.add(head());
    queue.add(head());
    await eventually(() => metric('signalbox_spans_exported_total') === 1);
    expect(metric('signalbox_spans_dropped_total')).toBe(1);
    expect(log).toEqual([
      expect.objectContaining({ level: 'warn', err: expect.objectContaining({ message: 'late' }) }),
    ]);
    // An answer that can't be read says nothing of what was refused: it took the batch.
    receiver!.answerBody = Buffer.of(0x0a, 0x7f);
    queue.add(head());
    await eventually(() => metric('signalbox_spans_exported_total') === 2);
    expect(metric('signalbox_spans_dropped_total')).toBe(1);
  });

  it('follows the parent’s decision, and the ratio only without one', async () => {
    const { tracer } = await start({ ratio: 0 });
    const traceId = newTraceId();
    const flags = (parent: string | undefined) =>
      withSpan(tracer, 'x', { parent }, (span) => span.traceParent.slice(-2));
    await expect(flags(undefined)).resolves.toBe('00');
    await expect(flags(`00-${traceId}-${newSpanId()}-00`)).resolves.toBe('00');
    await expect(flags(`00-${traceId}-${newSpanId()}-01`)).resolves.toBe('01');
    await eventually(() => receiver!.spans.length > 0);
    expect(receiver!.spans.map((span) => span.traceId)).toEqual([traceId]);
  });

  it('counts what a failing backend refuses, says so once, and says when it is over', async () => {
    const { tracer, droppedSpans } = await start();
    receiver!.status = 400;
    await withSpan(tracer, 'first', {}, () => undefined);
    await eventually(() => droppedSpans() === 1);
    await withSpan(tracer, 'second', {}, () => undefined);
    await eventually(() => droppedSpans() === 2);
    receiver!.status = 200;
    await withSpan(tracer, 'third', {}, () => undefined);
    await eventually(() => metric('signalbox_spans_exported_total') === 1);
    expect(metric('signalbox_spans_dropped_total')).toBe(2);
    expect(log.map(({ level, msg }) => [level, msg])).toEqual([
      ['warn', expect.stringMatching(/cannot be exported/)],
      ['info', 'traces are exported again'],
    ]);
  });
});

it('sends what waits when the process ends, without waiting for the delay', async () => {
  receiver = await OtlpReceiver.start();
  process.env[endpointVariable] = receiver.endpoint;
  const { spanQueue, tracer, shutdown, droppedSpans } = await start({ exportDelayMs: 60_000 });
  spanQueue(heads)!.add(head());
  await withSpan(tracer, 'running', {}, () => undefined);
  await shutdown(10_000);
  expect(receiver.spans.map(({ name }) => name).sort()).toEqual(['finished', 'running']);
  expect(droppedSpans()).toBe(0);
});

it('waits at the end for what finished requests left, also where the last spans of running work are refused', async () => {
  const held: ServerResponse[] = [];
  const server = createServer((request, response) => {
    const pieces: Buffer[] = [];
    request.on('data', (piece: Buffer) => pieces.push(piece));
    request.on('end', () => {
      if (Buffer.concat(pieces).includes('running')) response.writeHead(400).end();
      else held.push(response);
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  process.env[endpointVariable] = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const { spanQueue, tracer, droppedSpans, shutdown } = await start({ exportDelayMs: 60_000 });
  spanQueue(heads)!.add(head());
  await withSpan(tracer, 'running', {}, () => undefined);
  const over = shutdown(10_000);
  await eventually(() => held.length === 1 && droppedSpans() === 1);
  held[0]!.writeHead(200).end();
  await over;
  expect([metric('signalbox_spans_exported_total'), droppedSpans()]).toEqual([1, 1]);
  server.closeAllConnections();
  server.close();
});

it('drops what there is no room for, exactly that and at once, and waits for nobody at the end', async () => {
  // A backend that takes requests and is silent, so that one export is stuck and the queue behind it fills.
  const unanswered: ServerResponse[] = [];
  let isOver = false;
  const refuse = (response: ServerResponse) => response.writeHead(400).end();
  const silent = createServer((_request, response) => {
    if (isOver) refuse(response);
    else unanswered.push(response);
  }).listen(0, '127.0.0.1');
  await once(silent, 'listening');
  process.env[endpointVariable] = `http://127.0.0.1:${(silent.address() as AddressInfo).port}`;
  const { spanQueue, tracer, droppedSpans, shutdown } = await start({ exportDelayMs: 60_000 });
  const queue = spanQueue(heads)!;
  for (let i = 0; i < 2_048 + 10; i++) queue.add(head());
  expect(droppedSpans()).toBe(10);
  expect(metric('signalbox_spans_pending')).toBe(2_048);
  for (let i = 0; i < 512 + 2_048 + 10; i++) await withSpan(tracer, 'x', {}, () => undefined);
  expect(droppedSpans()).toBe(20);
  await shutdown(50);
  expect(droppedSpans()).toBe(2_048 + 10 + 512 + 2_048 + 10);
  expect(metric('signalbox_spans_pending')).toBe(0);
  await eventually(() => unanswered.length >= 2);
  isOver = true;
  unanswered.forEach(refuse);
  silent.close();
});

describe('without a backend', () => {
  it('builds nothing and still has ids that children inherit', async () => {
    const telemetry = await start();
    expect(telemetry.exporting).toBe(false);
    expect(telemetry.spanQueue(heads)).toBeUndefined();
    const [outer, inner] = await withSpan(telemetry.tracer, 'outer', {}, async (outer) => [
      outer.traceParent,
      await withSpan(telemetry.tracer, 'inner', { parent: outer.traceParent }, (span) => span.traceParent),
    ]);
    const [outerIds, innerIds] = [parseTraceParent(outer), parseTraceParent(inner)];
    expect(outerIds).toMatchObject({ sampled: false });
    expect(innerIds!.traceId).toBe(outerIds!.traceId);
    expect(innerIds!.spanId).not.toBe(outerIds!.spanId);
  });

  it('hands on ids with a tracer that does nothing at all', async () => {
    const parent = `00-${newTraceId()}-${newSpanId()}-01`;
    const handedOn = await withSpan(silentTracer, 'x', { parent }, (span) => span.traceParent);
    expect(parseTraceParent(handedOn)).toMatchObject({ traceId: parseTraceParent(parent)!.traceId, sampled: true });
    expect(handedOn).not.toBe(parent);
    await expect(withSpan(silentTracer, 'x', {}, (span) => span.traceId)).resolves.toMatch(/^[0-9a-f]{32}$/);
  });

  it.each([
    ['the SDK is disabled', { OTEL_SDK_DISABLED: 'true', OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:9' }, false],
    ['there is one for traces alone', { OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: 'http://127.0.0.1:9/v1/traces' }, true],
  ])('reads the standard variables: %s', async (_name, variables, exporting) => {
    Object.assign(process.env, variables);
    try {
      expect((await start()).exporting).toBe(exporting);
    } finally {
      for (const name of Object.keys(variables)) delete process.env[name];
    }
  });

  it('ends at once', async () => {
    await (await start()).shutdown(60_000);
    expect(running!.droppedSpans()).toBe(0);
  });
});
