import { MetricsRegistry } from '#libs/telemetry';
import type { TableView } from '../table/table-view.js';
import { RequestMetrics } from './request-metrics.js';
import { endedAttempt, finishedRequest } from './testing/finished-request.js';

let registry: MetricsRegistry;
let metrics: RequestMetrics;
beforeEach(() => {
  registry = new MetricsRegistry();
  metrics = new RequestMetrics(registry);
});

function finish(...parameters: Parameters<typeof finishedRequest>): void {
  metrics.started();
  metrics.finished(finishedRequest(...parameters));
}
const lines = (name: string): string[] => registry.expose().match(new RegExp(`^${name}[{ ].*$`, 'gm')) ?? [];

it('counts requests by how they ended, attempts by step and class', () => {
  finish({}, [
    endedAttempt({ outcome: 'ServerError' }),
    endedAttempt({}, { step: 'NextBackend', backend: 'default/b/m' }),
  ]);
  finish({}, [endedAttempt()]);
  finish({ finish: 'Failed', status: 502, errorCode: 'upstream_error' }, [endedAttempt({ outcome: 'ServerError' })]);
  finish({ finish: 'Aborted' }, [endedAttempt({ outcome: 'Pending', endedMs: undefined })]);
  finish({ finish: 'Failed', status: 401, errorCode: 'invalid_api_key', route: '' });
  expect(lines('signalbox_requests_total')).toEqual([
    'signalbox_requests_total{route="default/chat",code="ok"} 2',
    'signalbox_requests_total{route="default/chat",code="upstream_error"} 1',
    'signalbox_requests_total{route="default/chat",code="aborted"} 1',
    'signalbox_requests_total{route="",code="invalid_api_key"} 1',
  ]);
  expect(lines('signalbox_attempts_total')).toEqual([
    'signalbox_attempts_total{backend="default/alpha/sim-small",step="First",class="ServerError"} 2',
    'signalbox_attempts_total{backend="default/b/m",step="NextBackend",class="Success"} 1',
    'signalbox_attempts_total{backend="default/alpha/sim-small",step="First",class="Success"} 1',
    'signalbox_attempts_total{backend="default/alpha/sim-small",step="First",class="Cancelled"} 1',
  ]);
  expect(lines('signalbox_requests_in_flight')).toEqual(['signalbox_requests_in_flight 0']);
});

it('measures requests, attempts, first chunks and tokens in seconds and tokens', () => {
  finish({ stream: true }, [endedAttempt({ usage: { inputTokens: 10, outputTokens: 100 } })]);
  const operation =
    'gen_ai_operation_name="chat",gen_ai_provider_name="openai",gen_ai_request_model="sim-small",backend="default/alpha/sim-small"';
  expect(lines('signalbox_request_duration_seconds_sum')).toEqual([
    'signalbox_request_duration_seconds_sum{route="default/chat"} 0.25',
  ]);
  expect(lines('gen_ai_client_operation_duration_seconds_sum')).toEqual([
    `gen_ai_client_operation_duration_seconds_sum{${operation},error_type=""} 0.1`,
  ]);
  expect(lines('gen_ai_client_operation_time_to_first_chunk_seconds_sum')).toEqual([
    `gen_ai_client_operation_time_to_first_chunk_seconds_sum{${operation}} 0.095`,
  ]);
  expect(lines('gen_ai_client_token_usage_sum')).toEqual([
    `gen_ai_client_token_usage_sum{${operation},gen_ai_token_type="input",estimated=""} 10`,
    `gen_ai_client_token_usage_sum{${operation},gen_ai_token_type="output",estimated=""} 100`,
  ]);
});

it('counts no tokens that nobody told, and tells our own estimates from what providers counted', () => {
  finish({}, [endedAttempt()]);
  expect(lines('gen_ai_client_token_usage_sum')).toEqual([]);
  expect(lines('signalbox_consumer_tokens_total')).toEqual([]);
  const cut = endedAttempt({ outcome: 'Network', usage: { inputTokens: 5, outputTokens: 2, estimated: true } });
  const given = endedAttempt({ usage: { inputTokens: 6, outputTokens: 30 } });
  finish({}, [cut, given]);
  const labels = (name: string) => lines(name).map((line) => line.replace(/^.*?_type="|^.*?type="/, ''));
  const both = [
    'input",estimated="true"} 5',
    'output",estimated="true"} 2',
    'input",estimated=""} 6',
    'output",estimated=""} 30',
  ];
  expect(labels('gen_ai_client_token_usage_sum')).toEqual(both);
  expect(labels('signalbox_consumer_tokens_total')).toEqual(both);
});

it('labels by the model that was called, also after an edit of the same backend', () => {
  finish({}, [endedAttempt({ usage: { inputTokens: 1 } })]);
  finish({}, [endedAttempt({ usage: { inputTokens: 2 } }, { upstreamModel: 'renamed', vendor: 'Groq' })]);
  const models = (name: string) => lines(name).map((line) => /gen_ai_request_model="([^"]+)"/.exec(line)?.[1]);
  expect(models('gen_ai_client_operation_duration_seconds_count')).toEqual(['sim-small', 'renamed']);
  expect(models('gen_ai_client_token_usage_count')).toEqual(['sim-small', 'renamed']);
});

it('tells backends of one vendor apart, and keys and consumers', () => {
  const beta = endedAttempt(
    { usage: { inputTokens: 10, outputTokens: 100 } },
    { backend: 'default/beta/sim-small', pool: 'default/beta', key: 'spare' },
  );
  finish({}, [endedAttempt({ outcome: 'RateLimited' }), beta]);
  finish({ consumer: 'other', finish: 'Aborted' }, [endedAttempt({ usage: { inputTokens: 3 } })]);
  finish({ consumer: '', route: '', finish: 'Failed', status: 401, errorCode: 'invalid_api_key' });
  expect(lines('signalbox_key_attempts_total')).toEqual([
    'signalbox_key_attempts_total{key_pool="default/alpha",key="primary",class="RateLimited"} 1',
    'signalbox_key_attempts_total{key_pool="default/beta",key="spare",class="Success"} 1',
    'signalbox_key_attempts_total{key_pool="default/alpha",key="primary",class="Success"} 1',
  ]);
  expect(lines('signalbox_consumer_requests_total')).toEqual([
    'signalbox_consumer_requests_total{consumer="default/demo",code="ok"} 1',
    'signalbox_consumer_requests_total{consumer="default/other",code="aborted"} 1',
    'signalbox_consumer_requests_total{consumer="",code="invalid_api_key"} 1',
  ]);
  expect(lines('signalbox_consumer_tokens_total')).toEqual([
    'signalbox_consumer_tokens_total{consumer="default/demo",type="input",estimated=""} 10',
    'signalbox_consumer_tokens_total{consumer="default/demo",type="output",estimated=""} 100',
    'signalbox_consumer_tokens_total{consumer="default/other",type="input",estimated=""} 3',
  ]);
  const backends = lines('gen_ai_client_operation_duration_seconds_count').map(
    (line) => /backend="([^"]+)"/.exec(line)?.[1],
  );
  expect(new Set(backends)).toEqual(new Set(['default/alpha/sim-small', 'default/beta/sim-small']));
});

it('has series for 500 consumers and for 200 keys of a pool; the others share one, and totals stay right', () => {
  for (let i = 0; i < 510; i++) finish({ consumer: `c${i}` }, [endedAttempt({}, { key: `k${i % 210}` })]);
  const consumers = lines('signalbox_consumer_requests_total');
  expect(consumers).toHaveLength(501);
  expect(consumers.at(-1)).toBe('signalbox_consumer_requests_total{consumer="_other",code="ok"} 10');
  const keys = lines('signalbox_key_attempts_total');
  expect(keys).toHaveLength(201);
  const total = keys.reduce((sum, line) => sum + Number(line.split(' ')[1]), 0);
  expect(total).toBe(510);
  // Another pool has room of its own.
  finish({}, [endedAttempt({}, { pool: 'default/beta', key: 'k' })]);
  expect(lines('signalbox_key_attempts_total')).toHaveLength(202);
});

it('has series for 500 routes, backends and pools, however many see traffic; the others share one that names none of them', () => {
  for (let i = 0; i < 510; i++) {
    const usage = { inputTokens: 1, outputTokens: 2 };
    const start = { backend: `default/p${i}/m${i}`, pool: `default/p${i}`, vendor: `V${i}`, upstreamModel: `m${i}` };
    finish({ route: `default/r${i}`, stream: true }, [endedAttempt({ usage }, start)]);
  }
  expect(lines('signalbox_requests_total').slice(499)).toEqual([
    'signalbox_requests_total{route="default/r499",code="ok"} 1',
    'signalbox_requests_total{route="_other",code="ok"} 10',
  ]);
  expect(lines('signalbox_attempts_total').slice(500)).toEqual([
    'signalbox_attempts_total{backend="_other",step="First",class="Success"} 10',
  ]);
  expect(lines('signalbox_key_attempts_total').slice(500)).toEqual([
    'signalbox_key_attempts_total{key_pool="_other",key="_other",class="Success"} 10',
  ]);
  const operation =
    'gen_ai_operation_name="_other",gen_ai_provider_name="_other",gen_ai_request_model="_other",backend="_other"';
  expect(lines('gen_ai_client_operation_duration_seconds_count').slice(500)).toEqual([
    `gen_ai_client_operation_duration_seconds_count{${operation},error_type=""} 10`,
  ]);
  expect(lines('gen_ai_client_token_usage_sum').slice(1_000)).toEqual([
    `gen_ai_client_token_usage_sum{${operation},gen_ai_token_type="input",estimated=""} 10`,
    `gen_ai_client_token_usage_sum{${operation},gen_ai_token_type="output",estimated=""} 20`,
  ]);
});

it('shows a backend under the last four names of its model, and counts on where a name comes again', () => {
  for (const upstreamModel of ['a', 'b', 'a', 'b', 'c', 'd', 'e']) finish({}, [endedAttempt({}, { upstreamModel })]);
  const counts = lines('gen_ai_client_operation_duration_seconds_count').map((line) =>
    /request_model="([^"]+)".* (\d+)$/.exec(line)?.slice(1).join(' '),
  );
  expect(counts).toEqual(['b 2', 'c 1', 'd 1', 'e 1']);
});

it('tells the operations of one backend apart', () => {
  for (const operation of ['chat', 'embeddings', 'chat']) finish({ operation }, [endedAttempt()]);
  const counts = lines('gen_ai_client_operation_duration_seconds_count').map((line) =>
    /operation_name="([^"]+)".* (\d+)$/.exec(line)?.slice(1).join(' '),
  );
  expect(counts).toEqual(['chat 2', 'embeddings 1']);
});

it('uses no word of the client as a label', () => {
  const word = 'chosen-by-the-client';
  const start = { path: `/${word}`, method: word, parentSpanId: 'b7ad6b7169203331' };
  registry = new MetricsRegistry();
  metrics = new RequestMetrics(registry);
  metrics.finished(
    finishedRequest({ model: word, finishReason: word }, [endedAttempt({ code: word, message: word })], start),
  );
  expect(registry.expose()).not.toContain(word);
});

it('forgets what left the table ten minutes later, and keeps what came back', () => {
  const table = (names: readonly string[], keys: readonly string[]) =>
    ({
      hasRoute: (key: string) => names.includes(key),
      hasConsumer: (key: string) => names.includes(key),
      backend: (key: string) => (names.includes(key) ? {} : undefined),
      keyPool: (key: string) => (names.includes(key) ? { keys: keys.map((name) => ({ name })) } : undefined),
    }) as unknown as TableView;
  const first = ['default/chat', 'default/demo', 'default/alpha/sim-small', 'default/alpha'];
  const second = ['default/other-chat', 'default/other', 'default/b/m', 'default/b'];
  const both = table([...first, ...second], ['primary', 'spare']);
  const one = table(first, ['primary']);
  finish({}, [endedAttempt({ usage: { inputTokens: 1 } }), endedAttempt({}, { key: 'spare' })]);
  finish({ route: 'default/other-chat', consumer: 'other', stream: true }, [
    endedAttempt({ usage: { inputTokens: 1 } }, { backend: 'default/b/m', pool: 'default/b' }),
  ]);
  finish({ route: '', consumer: '' });
  const shown = () =>
    [
      'signalbox_requests_total',
      'signalbox_request_duration_seconds_count',
      'signalbox_consumer_requests_total',
      'signalbox_consumer_tokens_total',
      'signalbox_attempts_total',
      'signalbox_key_attempts_total',
      'gen_ai_client_operation_duration_seconds_count',
      'gen_ai_client_operation_time_to_first_chunk_seconds_count',
      'gen_ai_client_token_usage_count',
    ].map((name) => lines(name).length);
  const all = [3, 3, 3, 2, 2, 3, 2, 1, 2];

  metrics.swapped(one, 0);
  metrics.swapped(one, 599_999);
  expect(shown()).toEqual(all);
  metrics.swapped(both, 600_000);
  metrics.swapped(one, 700_000);
  metrics.swapped(one, 1_299_999);
  expect(shown()).toEqual(all);
  metrics.swapped(one, 1_300_000);
  expect(shown()).toEqual([2, 2, 2, 1, 1, 1, 1, 0, 1]);
  finish({ route: 'default/other-chat' }, []);
  expect(lines('signalbox_requests_total')).toContain(
    'signalbox_requests_total{route="default/other-chat",code="ok"} 1',
  );
});
