import fc from 'fast-check';
import { createLogger, newSpanId, SpanWriter, startTelemetry, TraceRequest } from '#libs/telemetry';
import { decodeTraces, eventually, OtlpReceiver, type ReceivedSpan } from '#libs/testing';
import type { PassedOver } from '#libs/routing';
import type { RequestRecord } from '../record/request-record.js';
import { requestSpans } from './request-spans.js';
import { endedAttempt, EPOCH_OFFSET_MS, finishedRequest, START_MS } from './testing/finished-request.js';
import { sdkRequest } from './testing/sdk-spans.js';

const resource = { 'service.name': 'test', 'service.version': '1', 'service.instance.id': 'one' };

function encoded(records: readonly RequestRecord[], about: Readonly<Record<string, string>> = resource): Buffer {
  const writer = new SpanWriter(16);
  for (const record of records) requestSpans.write(record, writer);
  return new TraceRequest(about, { name: 'signalbox', version: '1' }).around(writer);
}

const spansOf = (record: RequestRecord): ReceivedSpan[] => decodeTraces(encoded([record]));

const failed = endedAttempt({
  status: 401,
  outcome: 'Auth',
  progress: 'Headers',
  code: 'invalid_api_key',
  message: 'Incorrect API key provided: sk-abcdefghijklmnop',
  committedMs: 0,
});
const answered = endedAttempt(
  { usage: { inputTokens: 12, cachedInputTokens: 4, outputTokens: 30 } },
  { number: 2, step: 'NextKey', key: 'second', startedMs: START_MS + 120 },
);

it('shows a request of two attempts to a tracing backend: parents, times, classes, names', async () => {
  const receiver = await OtlpReceiver.start();
  process.env['OTEL_EXPORTER_OTLP_ENDPOINT'] = receiver.endpoint;
  const telemetry = await startTelemetry({
    serviceName: 'signalbox-data-plane',
    version: '1',
    instanceId: 'one',
    ratio: 0,
    exportDelayMs: 1,
    log: createLogger({ name: 'test', level: 'silent' }),
  });
  try {
    const caller = newSpanId();
    const record = finishedRequest(
      {
        stream: true,
        finishReason: 'stop',
        tableVersion: 'abc',
        consumerKey: 'laptop',
      },
      [failed, answered],
      { parentSpanId: caller, parentSampled: true },
    );
    telemetry.spanQueue(requestSpans)!.add(record);
    const [server, first, second] = await eventually(() => (receiver.spans.length === 3 ? receiver.spans : undefined));
    expect(server).toEqual(
      expect.objectContaining({
        name: 'POST /v1/chat/completions',
        kind: 2,
        traceId: record.traceId,
        spanId: record.spanId,
        parentSpanId: caller,
        startMs: START_MS + EPOCH_OFFSET_MS,
        endMs: START_MS + EPOCH_OFFSET_MS + 250,
        status: { code: 0, message: '' },
        attributes: {
          'http.request.method': 'POST',
          'http.route': '/v1/chat/completions',
          'http.response.status_code': 200,
          'gen_ai.request.model': 'chat',
          'gen_ai.request.stream': true,
          'signalbox.request.id': 'request-1',
          'signalbox.namespace': 'default',
          'signalbox.consumer': 'demo',
          'signalbox.consumer.key.name': 'laptop',
          'signalbox.route': 'default/chat',
          'signalbox.rule': 'all',
          'signalbox.revision': 7,
          'signalbox.table.version': 'abc',
          'signalbox.attempts': 2,
          'signalbox.finish': 'Completed',
        },
      }),
    );
    expect(first).toMatchObject({
      name: 'chat sim-small',
      kind: 3,
      traceId: record.traceId,
      spanId: failed.spanId,
      parentSpanId: record.spanId,
      startMs: failed.startedMs + EPOCH_OFFSET_MS,
      endMs: failed.startedMs + EPOCH_OFFSET_MS + 100,
      status: { code: 2, message: 'Incorrect API key provided: [redacted]' },
    });
    expect(first!.attributes).toEqual({
      'gen_ai.operation.name': 'chat',
      'gen_ai.provider.name': 'openai',
      'gen_ai.request.model': 'sim-small',
      'gen_ai.request.stream': true,
      'server.address': '127.0.0.1',
      'server.port': 7072,
      'http.response.status_code': 401,
      'error.type': 'Auth',
      'signalbox.backend': 'default/alpha/sim-small',
      'signalbox.provider': 'default/alpha',
      'signalbox.key_pool': 'default/alpha',
      'signalbox.key.name': 'primary',
      'signalbox.revision': 7,
      'signalbox.attempt.step': 'First',
      'signalbox.attempt.class': 'Auth',
      'signalbox.attempt.code': 'invalid_api_key',
    });
    expect(first!.events.map(({ name }) => name)).toEqual(['signalbox.sent', 'signalbox.headers']);
    expect(second).toMatchObject({
      parentSpanId: record.spanId,
      status: { code: 0 },
      attributes: {
        'http.request.resend_count': 1,
        'signalbox.key.name': 'second',
        'signalbox.attempt.step': 'NextKey',
        'signalbox.attempt.class': 'Success',
        'gen_ai.response.finish_reasons': ['stop'],
        'gen_ai.response.time_to_first_chunk': 0.095,
        'gen_ai.usage.input_tokens': 12,
        'gen_ai.usage.cache_read.input_tokens': 4,
        'gen_ai.usage.output_tokens': 30,
      },
    });
    expect(second!.attributes).not.toHaveProperty(['gen_ai.usage.reasoning.output_tokens']);
    expect(second!.events.map(({ name, atMs }) => [name, atMs - EPOCH_OFFSET_MS])).toEqual([
      ['signalbox.sent', answered.sentMs],
      ['signalbox.headers', answered.headersMs],
      ['signalbox.committed', answered.committedMs],
    ]);
  } finally {
    await telemetry.shutdown(2_000);
    await receiver.stop();
    delete process.env['OTEL_EXPORTER_OTLP_ENDPOINT'];
  }
});

function passedOver(count: number): PassedOver[] {
  return Array.from({ length: count }, (_, i) => ({
    candidate: `default/pool-${i}/large`,
    reason: i % 2 === 0 ? 'BreakerOpen' : 'KeysRefused',
    untilMs: START_MS + 1_250,
  }));
}

const succeeded = endedAttempt();
const pending = endedAttempt({ outcome: 'Pending', endedMs: undefined, progress: 'Sent', status: 0, headersMs: 0 });

it.each([
  [
    'a plain answer',
    finishedRequest({}, [endedAttempt({ usage: { inputTokens: 5, outputTokens: 70_000, reasoningTokens: 0 } })]),
  ],
  ['a stream after a retry', finishedRequest({ stream: true, finishReason: 'stop' }, [failed, answered])],
  ['a client that left', finishedRequest({ finish: 'Aborted', status: 0 }, [pending])],
  ['no attempt', finishedRequest({ finish: 'Failed', status: 503, errorCode: 'upstream_unavailable' })],
  [
    'counts that nobody can count',
    finishedRequest({}, [
      endedAttempt({ usage: { inputTokens: Infinity, outputTokens: 1e300, reasoningTokens: Number.NaN } }),
    ]),
  ],
  ['a cut answer', finishedRequest({}, [endedAttempt({ usage: { outputTokens: 7, estimated: true } })])],
  ['candidates passed over', finishedRequest({ finish: 'Failed', status: 503, passedOver: passedOver(3) })],
  ['very many of them', finishedRequest({}, [endedAttempt({ passedOver: passedOver(300) })])],
  ['a refused path', finishedRequest({ operation: '', status: 404, model: '' }, [], { path: '/x' })],
  ['a caller', finishedRequest({}, [succeeded], { parentSpanId: newSpanId() })],
  [
    'texts beyond ASCII',
    finishedRequest({ model: '\u0000\u{1f600}é'.repeat(40), consumer: 'ü'.repeat(65) }, [succeeded]),
  ],
  ['half a character', finishedRequest({ model: 'x\ud800', route: '\udc00'.repeat(70) }, [succeeded])],
  ['a text that is far too long', finishedRequest({ model: 'x'.repeat(1_000_000) }, [succeeded])],
])('sends the very bytes that the SDK would send: %s', (_name, record) => {
  expect(encoded([record]).equals(sdkRequest([record], resource, '1'))).toBe(true);
});

it('sends the very bytes that the SDK would send, of a resource with long names', () => {
  const about = { ...resource, ['x'.repeat(127)]: 'a', [`ü${'y'.repeat(300)}`]: 'b' };
  const record = finishedRequest({}, [succeeded]);
  expect(encoded([record], about).equals(sdkRequest([record], about, '1'))).toBe(true);
});

it('sends the very bytes that the SDK would send, whatever the records', () => {
  const text = fc.string({ unit: 'binary', maxLength: 150 });
  const odd = fc.constantFrom(Infinity, -Infinity, Number.NaN, 1e300, 1.5, -0.5, -0, 2 ** 53 - 1);
  const count = fc.option(fc.oneof(fc.nat({ max: 2 ** 40 }), odd), { nil: undefined });
  const ms = fc.double({ min: 0, max: 1e9, noNaN: true });
  const attempt = fc
    .record({
      upstreamModel: text,
      key: text,
      backend: text,
      message: text,
      code: text,
      usage: fc.option(fc.record({ inputTokens: count, outputTokens: count, estimated: fc.boolean() }), {
        nil: undefined,
      }),
      times: fc.array(ms, { minLength: 4, maxLength: 4 }),
    })
    .map(
      ({
        upstreamModel,
        key,
        backend,
        message,
        code,
        usage,
        times: [startedMs = 0, sentMs = 0, headersMs = 0, endedMs = 0],
      }) =>
        endedAttempt(
          { message, code, usage, sentMs, headersMs, endedMs, outcome: 'ServerError' },
          { upstreamModel, key, backend, startedMs },
        ),
    );
  const record = fc
    .record({
      written: fc.record({
        model: text,
        consumer: text,
        route: text,
        revision: fc.nat(),
        stream: fc.boolean(),
        endedMs: ms,
      }),
      attempts: fc.array(attempt, { maxLength: 4 }),
      start: fc.record({ startedMs: ms, path: text, epochOffsetMs: fc.integer({ min: 0, max: 4e12 }) }),
    })
    .map(({ written, attempts, start }) => finishedRequest(written, [...attempts, endedAttempt()], start));
  fc.assert(
    fc.property(fc.array(record, { minLength: 1, maxLength: 5 }), (records) => {
      expect(encoded(records).equals(sdkRequest(records, resource, '1'))).toBe(true);
    }),
  );
});

it('shows each candidate that was passed over, with its reason: why there was no attempt, or this one', () => {
  const events = (record: RequestRecord, span: number) =>
    spansOf(record)[span]?.events.map(({ name, attributes }) => [name, ...Object.values(attributes)]);
  const given = passedOver(2);
  const shown = [
    ['signalbox.passed_over', 'default/pool-0/large', 'BreakerOpen'],
    ['signalbox.passed_over', 'default/pool-1/large', 'KeysRefused'],
  ];
  const stopped = finishedRequest({ finish: 'Failed', status: 503, passedOver: given });
  expect(events(stopped, 0)).toEqual(shown);
  expect(spansOf(stopped)[0]?.events[0]?.atMs).toBe(stopped.endedMs + EPOCH_OFFSET_MS);
  // What a request that was served waited for is in the span of the attempt that came of it, if anything is.
  const served = finishedRequest({ passedOver: given }, [endedAttempt({ passedOver: given })]);
  expect(events(served, 0)).toEqual([]);
  expect(events(served, 1)?.slice(0, 3)).toEqual([...shown, ['signalbox.sent']]);
});

it('says of an attempt what it cost, and whether that is an estimate', () => {
  const cut = endedAttempt({ outcome: 'Network', usage: { inputTokens: 9, outputTokens: 3, estimated: true } });
  const [, first, second] = spansOf(finishedRequest({}, [cut, answered]));
  expect(first?.attributes).toMatchObject({
    'gen_ai.usage.input_tokens': 9,
    'gen_ai.usage.output_tokens': 3,
    'signalbox.usage.estimated': true,
  });
  expect(second?.attributes).toMatchObject({ 'gen_ai.usage.output_tokens': 30 });
  expect(second?.attributes).not.toHaveProperty(['signalbox.usage.estimated']);
});

it('writes times to the nanosecond that a double can tell', () => {
  const [server] = spansOf(finishedRequest({ endedMs: 0.125 }, [], { startedMs: 0, epochOffsetMs: 4_102_444_800_000 }));
  expect(server).toMatchObject({ startMs: 4_102_444_800_000, endMs: 4_102_444_800_000.125 });
});

it('says how many spans it writes', () => {
  for (const attempts of [[], [succeeded], [failed, answered]]) {
    const record = finishedRequest({}, attempts);
    expect(spansOf(record)).toHaveLength(requestSpans.count(record));
  }
});

it.each([
  ['a 4xx is the client’s', { finish: 'Failed', status: 404, errorCode: 'model_not_found' }, ''],
  ['a 5xx is ours', { finish: 'Failed', status: 502, errorCode: 'upstream_error' }, 'upstream_error'],
  ['a cut stream is ours', { finish: 'Failed', status: 200, errorCode: 'stream_interrupted' }, 'stream_interrupted'],
  ['a client that leaves is no error', { finish: 'Aborted', status: 0 }, ''],
] as const)('%s', (_name, written, error) => {
  const [server] = spansOf(finishedRequest(written));
  expect(server?.status).toEqual({ code: error === '' ? 0 : 2, message: error });
  expect(server?.attributes['error.type'] ?? '').toBe(error);
});

it('ends a given-up attempt with its request, without blame', () => {
  const [, attempt] = spansOf(finishedRequest({ finish: 'Aborted' }, [pending]));
  expect(attempt).toMatchObject({ endMs: START_MS + EPOCH_OFFSET_MS + 250, status: { code: 0 } });
  expect(attempt?.attributes).toMatchObject({ 'signalbox.attempt.class': 'Cancelled' });
});

it('never names a span by a path that is not served', () => {
  const [server] = spansOf(finishedRequest({ operation: '', status: 404 }, [], { path: '/wp-admin/x?y' }));
  expect(server?.name).toBe('POST');
  expect(JSON.stringify(server)).not.toContain('wp-admin');
});
