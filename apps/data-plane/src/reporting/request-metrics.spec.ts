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
  finish({ stream: true, inputTokens: 10, outputTokens: 100 }, [endedAttempt()]);
  const operation = 'gen_ai_operation_name="chat",gen_ai_provider_name="openai",gen_ai_request_model="sim-small"';
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
    `gen_ai_client_token_usage_sum{${operation},gen_ai_token_type="input"} 10`,
    `gen_ai_client_token_usage_sum{${operation},gen_ai_token_type="output"} 100`,
  ]);
});

it('counts no tokens that nobody told, and none for a failed attempt', () => {
  finish({}, [endedAttempt()]);
  finish({ inputTokens: 5, outputTokens: 5 }, [endedAttempt({ outcome: 'Timeout' })]);
  expect(lines('gen_ai_client_token_usage_sum')).toEqual([]);
});

it('labels by the model that was called, also after an edit of the same backend', () => {
  finish({ inputTokens: 1 }, [endedAttempt()]);
  finish({ inputTokens: 2 }, [endedAttempt({}, { upstreamModel: 'renamed', vendor: 'Groq' })]);
  const models = (name: string) => lines(name).map((line) => /gen_ai_request_model="([^"]+)"/.exec(line)?.[1]);
  expect(models('gen_ai_client_operation_duration_seconds_count')).toEqual(['sim-small', 'renamed']);
  expect(models('gen_ai_client_token_usage_count')).toEqual(['sim-small', 'renamed']);
});

it('forgets what left the table ten minutes later, and keeps what came back', () => {
  const table = (routes: readonly string[], backends: readonly string[]) =>
    ({
      hasRoute: (key: string) => routes.includes(key),
      backend: (key: string) => (backends.includes(key) ? {} : undefined),
    }) as unknown as TableView;
  const both = table(['default/chat', 'default/other'], ['default/alpha/sim-small', 'default/b/m']);
  const one = table(['default/chat'], ['default/alpha/sim-small']);
  finish({}, [endedAttempt()]);
  finish({ route: 'default/other' }, [endedAttempt({}, { backend: 'default/b/m' })]);
  const shown = () => [lines('signalbox_requests_total').length, lines('signalbox_attempts_total').length];

  metrics.swapped(one, 0);
  metrics.swapped(one, 599_999);
  expect(shown()).toEqual([2, 2]);
  metrics.swapped(both, 600_000);
  metrics.swapped(one, 700_000);
  metrics.swapped(one, 1_299_999);
  expect(shown()).toEqual([2, 2]);
  metrics.swapped(one, 1_300_000);
  expect(shown()).toEqual([1, 1]);
  finish({ route: 'default/other' }, []);
  expect(lines('signalbox_requests_total')).toContain('signalbox_requests_total{route="default/other",code="ok"} 1');
});
