import { once } from 'node:events';
import { createServer } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { unauthorized } from '#libs/apimachinery';
import { createLogger } from '#libs/telemetry';
import type { Authenticator } from '../../auth/authenticator.js';
import { BuiltInAuthorizer } from '../../auth/built-in-authorizer.js';
import { groups } from '../../auth/identity.js';
import { Upgrades } from './upgrades.js';

const known = new Set<string>();
const authenticator = {
  authenticate: (authorization: string | undefined) => {
    if (!known.has(authorization ?? '')) throw unauthorized();
    return { user: 'plane', groups: [groups.dataPlanes] };
  },
} as unknown as Authenticator;

const server = createServer();
const upgrades = new Upgrades(
  authenticator,
  new BuiltInAuthorizer(),
  createLogger({ name: 'test', level: 'silent' }),
  5,
);
upgrades.handle('/control/v1/stream', (_request, socket) => socket.write('HTTP/1.1 101 Switching Protocols\r\n\r\n'));
upgrades.attach(server);
const sockets: Socket[] = [];

beforeAll(async () => {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
});
beforeEach(() => known.clear());
afterEach(() => sockets.splice(0).forEach((socket) => socket.destroy()));
afterAll(() => server.close());

/** The status line that the server answers with, and the socket. */
async function upgrade(token: string, path = '/control/v1/stream'): Promise<[string, Socket]> {
  const socket = connect((server.address() as AddressInfo).port, '127.0.0.1');
  sockets.push(socket);
  socket.write(
    `GET ${path} HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nAuthorization: ${token}\r\n\r\n`,
  );
  const [answer] = (await once(socket, 'data')) as [Buffer];
  return [String(answer).split('\r\n', 1)[0]!, socket];
}

test('refuses an unknown token and an unknown path with a status line', async () => {
  expect((await upgrade('none'))[0]).toBe('HTTP/1.1 401 Unauthorized');
  known.add('good');
  expect((await upgrade('good', '/control/v2'))[0]).toBe('HTTP/1.1 404 NotFound');
  expect((await upgrade('good', '/audit'))[0]).toBe('HTTP/1.1 403 Forbidden');
});

test('a token that is revoked ends what it opened, and nothing else', async () => {
  known.add('good').add('other');
  const [status, socket] = await upgrade('good');
  const [, other] = await upgrade('other');
  expect(status).toBe('HTTP/1.1 101 Switching Protocols');
  known.delete('good');
  await once(socket, 'close');
  expect(other.closed).toBe(false);
});
