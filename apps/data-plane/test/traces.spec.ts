import { attributeNames, spanNames } from '#libs/telemetry';
import {
  consumerManifest,
  createDatabase,
  documents,
  eventually,
  eventuallyPasses,
  OtlpReceiver,
  providerManifest,
  type ReceivedSpan,
  routeManifest,
  Stack,
} from '#libs/testing';

let receiver: OtlpReceiver;
let stack: Stack;

beforeAll(async () => {
  receiver = await OtlpReceiver.start();
  stack = await Stack.start({
    databaseUrl: await createDatabase(),
    environment: {
      OTEL_EXPORTER_OTLP_ENDPOINT: receiver.endpoint,
      OTEL_BSP_SCHEDULE_DELAY: '100',
      SIGNALBOX_TRACE_RATIO: '1',
    },
  });
  const { revision } = await stack.admin.apply(
    documents(
      consumerManifest(stack.consumerKey),
      providerManifest('alpha', stack.simulatorOrigin, ['sim-bad', 'sim-worse']),
      providerManifest('beta', stack.simulatorOrigin, ['sim-good']),
      routeManifest({ alpha: 1 }).replace(
        /backendRefs: .*/,
        'backendRefs: [{keyPoolRef: {name: alpha}, model: sim-small, priority: 0}, {keyPoolRef: {name: beta}, model: sim-small, priority: 1}]}]',
      ),
    ),
  );
  await stack.untilServed(revision);
});

afterAll(async () => {
  await stack?.stop();
  await receiver?.stop();
});

const traceOf = (traceId: string): ReceivedSpan[] => receiver.spans.filter((span) => span.traceId === traceId);

/** Of the data plane. */
function logLines(): Record<string, unknown>[] {
  const text = stack.dataPlanes.map(({ process }) => process.output).join('');
  const whole = text.split('\n').filter((line) => line.startsWith('{') && line.endsWith('}'));
  return whole.map((line) => JSON.parse(line) as Record<string, unknown>);
}

async function chat(headers: Record<string, string> = {}) {
  const response = await fetch(`${stack.dataOrigin}/v1/chat/completions`, {
    method: 'POST',
    headers: { authorization: `Bearer ${stack.consumerKey}`, 'content-type': 'application/json', ...headers },
    body: JSON.stringify({ model: 'chat', messages: [{ role: 'user', content: 'hi' }] }),
  });
  return {
    status: response.status,
    text: await response.text(),
    traceId: response.headers.get('x-signalbox-trace-id') ?? '',
  };
}

async function untilTraced(traceId: string, spans: number): Promise<ReceivedSpan[]> {
  return eventually(() => (traceOf(traceId).length >= spans ? traceOf(traceId) : undefined));
}

it('shows each attempt of a request with its class: a key that answers 401, a backend that resets', async () => {
  await stack.simulate('alpha', { faults: [{ type: 'Unauthorized', count: 1 }, { type: 'Reset' }] });
  const { status, text, traceId } = await chat();
  expect(status).toBe(200);
  expect(text).toContain('beta heard');

  const spans = await untilTraced(traceId, 4);
  const server = spans.find((span) => span.kind === 2);
  expect(server).toMatchObject({
    name: spanNames.request('POST', '/v1/chat/completions'),
    parentSpanId: '',
    status: { code: 0 },
  });
  const attempts = spans.filter((span) => span.kind === 3).sort((left, right) => left.startMs - right.startMs);
  expect(
    attempts.map((span) => [span.attributes[attributeNames.attemptClass], span.attributes[attributeNames.backend]]),
  ).toEqual([
    ['Auth', expect.stringContaining('alpha')],
    ['Network', expect.stringContaining('alpha')],
    ['Success', expect.stringContaining('beta')],
  ]);
  for (const attempt of attempts) {
    expect(attempt.parentSpanId).toBe(server?.spanId);
    expect(attempt.name).toBe(spanNames.attempt('chat', 'sim-small'));
    expect(attempt.startMs).toBeGreaterThanOrEqual(server?.startMs ?? Number.NaN);
  }
});

it('logs what became of the key and of the request, joined by the trace', async () => {
  await stack.simulate('alpha', { faults: [{ type: 'Unauthorized', count: 1 }] });
  const { status, traceId } = await chat();
  expect(status).toBe(200);
  const [line] = await eventually(() => {
    const found = logLines().filter((line) => line['trace_id'] === traceId);
    return found.length > 0 ? found : undefined;
  });
  expect(line).toMatchObject({
    level: 'info',
    msg: 'request succeeded after more than one attempt',
    attempts: [expect.objectContaining({ outcome: 'Auth' }), expect.objectContaining({ outcome: 'Success' })],
  });
  const { attempts } = line as { attempts: { key: string }[] };
  expect(logLines()).toContainEqual(
    expect.objectContaining({
      level: 'warn',
      part: 'state',
      key: attempts[0]?.key,
      msg: expect.stringMatching(/^key refused/),
    }),
  );
});

it('shows what was passed over for an attempt: both keys of alpha are refused by now', async () => {
  const { status, traceId } = await chat();
  expect(status).toBe(200);
  const spans = await untilTraced(traceId, 2);
  const attempt = spans.find((span) => span.kind === 3);
  expect(attempt?.events[0]).toMatchObject({
    name: 'signalbox.passed_over',
    attributes: {
      [attributeNames.backend]: expect.stringContaining('alpha'),
      [attributeNames.passedOverReason]: 'KeysRefused',
    },
  });
});

it('joins the client’s trace', async () => {
  const traceId = '0af7651916cd43dd8448eb211c80319c';
  const answer = await chat({ traceparent: `00-${traceId}-b7ad6b7169203331-01` });
  expect(answer.traceId).toBe(traceId);
  const spans = await untilTraced(traceId, 2);
  expect(spans.find((span) => span.kind === 2)?.parentSpanId).toBe('b7ad6b7169203331');
});

it('an apply is one trace from the request to the swap, over both processes', async () => {
  const traceId = '4bf92f3577b34da6a3ce929d0e0e4736';
  const response = await stack.admin.request('/apply', {
    method: 'POST',
    body: routeManifest({ alpha: 1, beta: 3 }),
    headers: { 'content-type': 'application/yaml', traceparent: `00-${traceId}-00f067aa0ba902b7-01` },
  });
  expect(response.status).toBe(200);
  await response.body?.cancel();

  await eventuallyPasses(() => {
    const names = traceOf(traceId).map((span) => `${String(span.resource['service.name'])} ${span.name}`);
    expect(names).toEqual(
      expect.arrayContaining([
        expect.stringMatching(/control-plane .*apply/i),
        `signalbox-control-plane ${spanNames.commit}`,
        `signalbox-control-plane ${spanNames.compile}`,
        `signalbox-control-plane ${spanNames.publish}`,
        `signalbox-data-plane ${spanNames.swap}`,
      ]),
    );
  });
  const ids = new Set(traceOf(traceId).map((span) => span.spanId));
  const roots = traceOf(traceId).filter((span) => !ids.has(span.parentSpanId));
  expect(roots.map((span) => span.parentSpanId)).toEqual(['00f067aa0ba902b7']);
});

it('answers the same while nobody takes its traces, and counts what it drops', async () => {
  receiver.status = 503;
  await stack.simulate('alpha', {});
  const answers = await Promise.all(Array.from({ length: 50 }, () => chat()));
  expect(answers.every(({ status, traceId }) => status === 200 && /^[0-9a-f]{32}$/.test(traceId))).toBe(true);
  receiver.status = 200;
});
