import { once } from 'node:events';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { connect } from 'node:tls';
import { createAuthority, issueServerCertificate } from './certificates.js';

test('a client that trusts the authority connects to each name, and to no other', async () => {
  const authority = await createAuthority(Date.now());
  const pair = await issueServerCertificate(
    authority,
    ['localhost', '127.0.0.1', '::1', 'box.example.com'],
    Date.now(),
  );
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
  try {
    await expect(handshake(authority.certificate, 'localhost')).resolves.toBe(true);
    await expect(handshake(authority.certificate, 'box.example.com')).resolves.toBe(true);
    await expect(handshake(authority.certificate, 'evil.example.com')).rejects.toThrow(/altnames/);
    const other = await createAuthority(Date.now());
    await expect(handshake(other.certificate, 'localhost')).rejects.toThrow(/verify|signature|issuer/);
  } finally {
    server.close();
  }
});
