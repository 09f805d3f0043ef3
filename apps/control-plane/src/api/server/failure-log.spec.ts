import type { FastifyRequest } from 'fastify';
import { badRequest, forbidden, internal } from '#libs/apimachinery';
import { createLogger } from '#libs/telemetry';
import { orUnavailable } from '../../database/unavailable.js';
import { FailureLog } from './failure-log.js';

function recorded() {
  const lines: Record<string, unknown>[] = [];
  const clock = { nowMs: 0 };
  const write = (line: string): void => void lines.push(JSON.parse(line) as Record<string, unknown>);
  const logger = createLogger({ name: 'test', level: 'info', destination: { write } });
  return { lines, clock, log: new FailureLog({ logger, nowMs: () => clock.nowMs }) };
}

const request = (path: string, user = 'admin') =>
  ({ method: 'GET', url: `${path}?limit=1`, identity: { user }, socket: { remoteAddress: '::1' } }) as FastifyRequest;
const refusedConnection = (port: number) =>
  Object.assign(new Error(`connect ECONNREFUSED 127.0.0.1:${port}`), { code: 'ECONNREFUSED', syscall: 'connect' });

test('a database that is away is a line in ten seconds, whatever is asked, with how many requests were left out', () => {
  const { lines, clock, log } = recorded();
  for (let turn = 0; clock.nowMs < 60_000; turn++, clock.nowMs += 10) {
    const error = refusedConnection(5_000 + turn);
    log.answered(request(`/apis/p${turn}`, `user-${turn}`), error, orUnavailable(error) as never);
  }
  expect(lines.map(({ level, code, leftOut }) => [level, code, leftOut])).toEqual([
    ['error', 503, undefined],
    ...Array.from({ length: 5 }, () => ['error', 503, 999]),
  ]);
  expect(lines[1]).toMatchObject({ user: 'user-1000', method: 'GET', path: '/apis/p1000', sourceAddress: '::1' });
});

test('one cause does not hide another, and many share a line', () => {
  const { lines, log } = recorded();
  const said = () => lines.map(({ err }) => (err as Error).message);
  const failed = (error: Error): void => log.answered(request('/apis'), error, internal());
  failed(orUnavailable(refusedConnection(1)) as Error);
  failed(new TypeError('x is undefined'));
  failed(orUnavailable(refusedConnection(2)) as Error);
  failed(new TypeError('x is undefined'));
  expect(said()).toEqual(['the database is not available just now; try again', 'x is undefined']);
  for (let turn = 0; turn < 1_000; turn++) failed(new Error(`cause ${turn}`));
  expect(lines).toHaveLength(51);
});

test('what somebody may not do is said once a minute for each address of the API', () => {
  const { lines, clock, log } = recorded();
  const refuse = (path: string, user: string): void => {
    const error = forbidden(`User "${user}" cannot`);
    log.answered(request(path, user), error, error);
  };
  for (; clock.nowMs < 61_000; clock.nowMs += 100) refuse('/api/v1/secrets', 'viewer');
  refuse('/api/v1/secrets', 'editor');
  refuse('/keys', 'viewer');
  expect(lines.map(({ level, user, path, leftOut }) => [level, user, path, leftOut])).toEqual([
    ['warn', 'viewer', '/api/v1/secrets', undefined],
    ['warn', 'viewer', '/api/v1/secrets', 599],
    ['warn', 'editor', '/api/v1/secrets', undefined],
    ['warn', 'viewer', '/keys', undefined],
  ]);
  for (let turn = 0; turn < 1_000; turn++) refuse(`/probe/${turn}`, 'viewer');
  // Those above, as many as are told apart, and one for all others.
  expect(lines.length).toBeLessThan(105);
});

test('what the client did wrong is in no line', () => {
  const { lines, log } = recorded();
  const error = badRequest('not so');
  log.answered(request('/apis'), error, error);
  expect(lines).toEqual([]);
});
