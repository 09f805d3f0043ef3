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
    const { recorder } = await start({ ratio: 0 });
    const traceId = newTraceId();
    const [server, client, caller] = [newSpanId(), newSpanId(), newSpanId()];
    recorder({
      name: 'server',
      kind: SpanKind.SERVER,
      traceId,
      spanId: server,
      parentSpanId: caller,
      parentIsRemote: true,
      startMs: 1_700_000_000_000.25,
      endMs: 1_700_000_001_500.75,
      attributes: { x: 'y' },
    });
    recorder({
      name: 'client',
      kind: SpanKind.CLIENT,
      traceId,
      spanId: client,
      parentSpanId: server,
      startMs: 1_700_000_000_100,
      endMs: 1_700_000_000_200,
      attributes: {},
      error: 'reset',
      events: [{ name: 'sent', atMs: 1_700_000_000_150 }],
    });
    recorder({ name: 'root', kind: SpanKind.SERVER, traceId, spanId: caller, startMs: 5, endMs: 6, attributes: {} });
    const spans = await eventually(() => (receiver!.spans.length === 3 ? receiver!.spans : undefined));
    expect(spans).toMatchObject([
      { name: 'server', kind: 2, traceId, spanId: server, parentSpanId: caller, status: { code: 0 } },
      {
        name: 'client',
        kind: 3,
        traceId,
        spanId: client,
        parentSpanId: server,
        startMs: 1_700_000_000_100,
        endMs: 1_700_000_000_200,
        status: { code: 2, message: 'reset' },
        events: [{ name: 'sent', atMs: 1_700_000_000_150 }],
      },
      { name: 'root', traceId, spanId: caller, parentSpanId: '' },
    ]);
    expect(spans[0]!.startMs).toBeCloseTo(1_700_000_000_000.25, 2);
    expect(spans[0]!.endMs).toBeCloseTo(1_700_000_001_500.75, 2);
    // Counted once the receiver's answer is back, which is a moment after it has the spans.
    await eventually(() => metric('signalbox_spans_exported_total') === 3);
    expect(metric('signalbox_spans_dropped_total')).toBe(0);
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

it('drops above 2,048 waiting spans, exactly those and at once, and waits for nobody at the end', async () => {
  // A backend that takes requests and is silent, so that one export is stuck and the queue behind it fills.
  const unanswered: ServerResponse[] = [];
  const silent = createServer((_request, response) => void unanswered.push(response)).listen(0, '127.0.0.1');
  await once(silent, 'listening');
  process.env[endpointVariable] = `http://127.0.0.1:${(silent.address() as AddressInfo).port}`;
  const { recorder, droppedSpans, shutdown } = await start({ exportDelayMs: 60_000 });
  for (let i = 0; i < 512 + 2_048 + 10; i++) {
    recorder({
      name: 'x',
      kind: SpanKind.SERVER,
      traceId: newTraceId(),
      spanId: newSpanId(),
      startMs: 1,
      endMs: 2,
      attributes: {},
    });
  }
  expect(droppedSpans()).toBe(10);
  expect(metric('signalbox_spans_pending')).toBe(512 + 2_048);
  await shutdown(50);
  expect(droppedSpans()).toBe(512 + 2_048 + 10);
  await eventually(() => unanswered.length === 5);
  for (const response of unanswered) response.writeHead(400).end();
  silent.close();
});

describe('without a backend', () => {
  it('builds nothing and still has ids that children inherit', async () => {
    const telemetry = await start();
    expect(telemetry.exporting).toBe(false);
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
