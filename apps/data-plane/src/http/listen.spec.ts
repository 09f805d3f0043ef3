import { createServer, type Server } from 'node:net';
import { createLogger, type Logger } from '#libs/telemetry';
import { AdminServer } from '../admin/admin-server.js';
import { VirtualGateway } from '../../test/support/virtual-gateway.js';
import { startDataServer } from './data-server.js';
import { listen } from './listen.js';

const anywhere = { host: '127.0.0.1', port: 0 };
const noDescriptor = Object.assign(new Error('accept EMFILE'), { code: 'EMFILE', syscall: 'accept' });

function logger(): { logger: Logger; lines: object[] } {
  const lines: object[] = [];
  const destination = { write: (line: string) => void lines.push(JSON.parse(line) as object) };
  return { logger: createLogger({ name: 'test', level: 'error', destination }), lines };
}

async function closed(server: Server): Promise<void> {
  await new Promise((resolve) => server.close(resolve));
}

it('an address that is taken is told to who asked for it, and nothing is logged', async () => {
  const [first, second] = [createServer(), createServer()];
  const { logger: log, lines } = logger();
  const { port } = await listen(first, { ...anywhere, logger: log });
  await expect(listen(second, { host: '127.0.0.1', port, logger: log })).rejects.toMatchObject({ code: 'EADDRINUSE' });
  expect(lines).toEqual([]);
  await closed(first);
});

it('an error of a listener that is open is logged, one for many', async () => {
  const server = createServer();
  const { logger: log, lines } = logger();
  const { port } = await listen(server, { ...anywhere, logger: log });
  for (let index = 0; index < 1_000; index += 1) server.emit('error', noDescriptor);
  expect(lines).toMatchObject([
    { err: { code: 'EMFILE' }, port, msg: 'a listener met an error, and goes on listening' },
  ]);
  expect(server.listening).toBe(true);
  await closed(server);
});

it.each([
  [
    "the clients' listener",
    () => startDataServer(new VirtualGateway(1).runtime, { ...anywhere, probe: () => undefined }),
  ],
  [
    "the operators' listener",
    async () => {
      const admin = new AdminServer([], logger().logger);
      await admin.listen(anywhere.host, anywhere.port);
      return admin;
    },
  ],
])('%s survives one', async (_which, open) => {
  const { server } = (await open()) as unknown as { server: Server };
  expect(server.emit('error', noDescriptor)).toBe(true);
  expect(server.listening).toBe(true);
  await closed(server);
});
