import { connect } from 'node:net';
import { QueryFailedError } from 'typeorm';
import { createDataSource } from './data-source.js';
import { isUnavailable, orUnavailable } from './unavailable.js';

const failed = (driverError: object) => new QueryFailedError('SELECT', [], Object.assign(new Error('x'), driverError));

test.each([
  ['a refused connection', Object.assign(new Error('x'), { code: 'ECONNREFUSED', syscall: 'connect' })],
  ['a machine that is gone', Object.assign(new Error('x'), { code: 'EHOSTUNREACH', syscall: 'connect' })],
  ['a network that is gone', Object.assign(new Error('x'), { code: 'ENETUNREACH', syscall: 'read' })],
  ['a missing socket', Object.assign(new Error('x'), { code: 'ENOENT', syscall: 'connect' })],
  ['a server that shuts down', failed({ code: '57P01' })],
  ['too many connections', failed({ code: '53300' })],
  ['a lock that was not to be had', failed({ code: '55P03' })],
  ['a statement that was cancelled', failed({ code: '57014' })],
  ['a standby', failed({ code: '25006' })],
  ['a connection that fell silent', Object.assign(new Error('x'), { code: 'ETIMEDOUT', syscall: 'read' })],
  ['a connection that broke', new Error('Connection terminated unexpectedly')],
  ['a connection that is being closed', new Error('Client was closed and is not queryable')],
  ['a stream that was destroyed', Object.assign(new Error('x'), { code: 'ERR_STREAM_DESTROYED' })],
  ['an exhausted pool', new Error('timeout exceeded when trying to connect')],
])('%s passes', (_case, error) => {
  expect(isUnavailable(error)).toBe(true);
});

test.each([
  ['a mistake in SQL', failed({ code: '42601' })],
  ['a broken rule', failed({ code: '23505' })],
  ['a missing file', Object.assign(new Error('x'), { code: 'EACCES', syscall: 'open' })],
  ['bugs', new AggregateError([new TypeError('x is undefined')])],
  ['no failure at all', new AggregateError([])],
  ['a bug', new TypeError('x is undefined')],
  ['nothing', undefined],
  ['a text', 'Connection terminated'],
])('%s does not', (_case, error) => {
  expect(isUnavailable(error)).toBe(false);
});

test.each([
  ['53100', ' (its disk is full)'],
  ['53300', ' (it takes no more connections)'],
  ['25006', ' (it takes no writes, as a standby or a read-only server does)'],
  ['57P01', ''],
])('what waiting alone does not bring back is named: %s', (code, reason) => {
  const message = `the database is not available just now${reason}; try again`;
  for (const error of [failed({ code }), Object.assign(new Error('/var/lib/postgres/x'), { code })]) {
    expect(orUnavailable(error)).toMatchObject({ code: 503, message, cause: error });
  }
});

test('nobody listening is told by the driver in a way that is understood', async () => {
  const dataSource = createDataSource({ url: 'postgres://nobody@127.0.0.1:1/none' });
  const error: unknown = await dataSource.initialize().catch((reason: unknown) => reason);
  expect(isUnavailable(error)).toBe(true);
});

test('a name with several addresses on which nobody listens passes', async () => {
  const addresses = [
    { address: '127.0.0.1', family: 4 },
    { address: '::1', family: 6 },
  ];
  const error = await new Promise<unknown>((resolve) => {
    connect({ host: 'db.test', port: 1, lookup: (_host, _options, found) => found(null, addresses) }).on(
      'error',
      resolve,
    );
  });
  expect(error).toHaveProperty('errors.length', 2);
  expect(isUnavailable(error)).toBe(true);
});
