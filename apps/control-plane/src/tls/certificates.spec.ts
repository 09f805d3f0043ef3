import { once } from 'node:events';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { connect } from 'node:tls';
import { createAuthority, expiryOf, issueServerCertificate, SERVER_LIFE_MS } from './certificates.js';

const HOUR_MS = 3_600_000;

/** A TLS server with the certificate on loopback, and one handshake with it. */
async function serve(pair: { certificate: string; privateKey: string }) {
  const server = createServer({ cert: pair.certificate, key: pair.privateKey });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const handshake = async (ca: string, servername: string): Promise<true> => {
    const socket = connect({ host: '127.0.0.1', port, ca, servername });
    try {
      await once(socket, 'secureConnect');
      return true;
    } finally {
      socket.destroy();
    }
  };
  return { handshake, close: () => server.close() };
}

test('a client that trusts the authority connects to each name, and to no other', async () => {
  const authority = await createAuthority(Date.now());
  const pair = await issueServerCertificate(
    authority,
    ['localhost', '127.0.0.1', '::1', 'box.example.com'],
    Date.now(),
  );
  const { handshake, close } = await serve(pair);
  try {
    await expect(handshake(authority.certificate, 'localhost')).resolves.toBe(true);
    await expect(handshake(authority.certificate, 'box.example.com')).resolves.toBe(true);
    await expect(handshake(authority.certificate, 'evil.example.com')).rejects.toThrow(/altnames/);
    const other = await createAuthority(Date.now());
    await expect(handshake(other.certificate, 'localhost')).rejects.toThrow(/verify|signature|issuer/);
  } finally {
    close();
  }
});

test.each([
  ['2 h ahead of', 2],
  ['23 h ahead of', 23],
  ['23 h behind', -23],
])(
  'a replica whose clock is %s the clients’ locks nobody out, the authority it made included',
  async (_case, hours) => {
    const nowMs = Date.now() + hours * HOUR_MS;
    const authority = await createAuthority(nowMs);
    const { handshake, close } = await serve(await issueServerCertificate(authority, ['localhost'], nowMs));
    try {
      await expect(handshake(authority.certificate, 'localhost')).resolves.toBe(true);
    } finally {
      close();
    }
  },
);

test('a clock further ahead does, and the client says why', async () => {
  const authority = await createAuthority(Date.now());
  const pair = await issueServerCertificate(authority, ['localhost'], Date.now() + 25 * HOUR_MS);
  const { handshake, close } = await serve(pair);
  await expect(handshake(authority.certificate, 'localhost')).rejects.toMatchObject({ code: 'CERT_NOT_YET_VALID' });
  close();
});

test('a server certificate ends with its life, or with its authority', async () => {
  const nowMs = Date.UTC(2026, 0, 1);
  const authority = await createAuthority(nowMs);
  expect(expiryOf(await issueServerCertificate(authority, ['a'], nowMs))).toBe(nowMs + SERVER_LIFE_MS);
  const late = expiryOf(authority) - HOUR_MS;
  expect(expiryOf(await issueServerCertificate(authority, ['a'], late))).toBe(expiryOf(authority));
});
