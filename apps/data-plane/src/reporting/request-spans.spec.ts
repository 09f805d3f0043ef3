import { createLogger, newSpanId, startTelemetry } from '#libs/telemetry';
import { eventually, OtlpReceiver } from '#libs/testing';
import { requestSpans } from './request-spans.js';
import { endedAttempt, EPOCH_OFFSET_MS, finishedRequest, START_MS } from './testing/finished-request.js';

const failed = endedAttempt({
  status: 401,
  outcome: 'Auth',
  progress: 'Headers',
  code: 'invalid_api_key',
  message: 'Incorrect API key provided: sk-abcdefghijklmnop',
  committedMs: 0,
});
const answered = endedAttempt({}, { number: 2, step: 'NextKey', key: 'second', startedMs: START_MS + 120 });

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
        inputTokens: 12,
        cachedInputTokens: 4,
        outputTokens: 30,
        finishReason: 'stop',
        tableVersion: 'abc',
        consumerKey: 'laptop',
      },
      [failed, answered],
      { parentSpanId: caller, parentSampled: true },
    );
    requestSpans(record).forEach(telemetry.recorder);
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

it.each([
  ['a 4xx is the client’s', { finish: 'Failed', status: 404, errorCode: 'model_not_found' }, undefined],
  ['a 5xx is ours', { finish: 'Failed', status: 502, errorCode: 'upstream_error' }, 'upstream_error'],
  ['a cut stream is ours', { finish: 'Failed', status: 200, errorCode: 'stream_interrupted' }, 'stream_interrupted'],
  ['a client that leaves is no error', { finish: 'Aborted', status: 0 }, undefined],
] as const)('%s', (_name, written, error) => {
  const [server] = requestSpans(finishedRequest(written));
  expect(server?.error).toBe(error);
  expect(server?.attributes['error.type']).toBe(error);
});

it('ends a given-up attempt with its request, without blame', () => {
  const pending = endedAttempt({ outcome: 'Pending', endedMs: undefined, progress: 'Sent', status: 0 });
  const [, attempt] = requestSpans(finishedRequest({ finish: 'Aborted' }, [pending]));
  expect(attempt).toMatchObject({ endMs: START_MS + EPOCH_OFFSET_MS + 250 });
  expect(attempt?.error).toBeUndefined();
  expect(attempt?.attributes).toMatchObject({ 'signalbox.attempt.class': 'Cancelled' });
});

it('never names a span by a path that is not served', () => {
  const [server] = requestSpans(finishedRequest({ operation: '', status: 404 }, [], { path: '/wp-admin/x?y' }));
  expect(server?.name).toBe('POST');
  expect(JSON.stringify(server)).not.toContain('wp-admin');
});
