import { once } from 'node:events';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { connect } from 'node:tls';
import { eventuallyPasses, FakeClock } from '#libs/testing';
import type { SecretData } from '../secrets/system-secrets.js';
import { createAuthority, expiryOf } from './certificates.js';
import { ServerIdentity } from './server-identity.js';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

let clock: FakeClock;
let names: string[];
let authority: { certificate: string; privateKey: string };
let stored: () => Promise<SecretData>;
let logged: string[];
let renewals: number;

beforeEach(async () => {
  clock = new FakeClock();
  names = ['box'];
  logged = [];
  renewals = 0;
  authority = await createAuthority(clock.nowMs());
  stored = () =>
    Promise.resolve({ 'tls.crt': Buffer.from(authority.certificate), 'tls.key': Buffer.from(authority.privateKey) });
});

async function started(): Promise<ServerIdentity> {
  const log = (_fields: object, message?: string) => void logged.push(message ?? '');
  const identity = await ServerIdentity.create({
    secrets: { getOrCreate: () => stored() },
    names: () => names,
    nowMs: clock.nowMs,
    clock,
    logger: { info: log, warn: log } as never,
  });
  identity.start(() => renewals++);
  return identity;
}

/** The crypto of a renewal runs on threads of its own, whatever the clock says. */
const renewed = (count: number): Promise<void> => eventuallyPasses(() => expect(renewals).toBe(count));

test('a certificate is renewed after two thirds of its life', async () => {
  const identity = await started();
  const first = identity.server;
  expect(identity.secondsLeft.server).toBe((90 * DAY_MS) / 1_000);
  await clock.advanceAsync(60 * DAY_MS - HOUR_MS);
  expect(identity.server).toBe(first);
  await clock.advanceAsync(HOUR_MS);
  await renewed(1);
  expect(identity.server).not.toBe(first);
  expect(identity.secondsLeft.server).toBe((90 * DAY_MS) / 1_000);
  expect(identity.caCertificate).toBe(authority.certificate);
  identity.stop();
  await clock.advanceAsync(100 * DAY_MS);
  expect(renewals).toBe(1);
});

test.each<[string, () => Promise<void> | void]>([
  ['its names', () => void names.push('box.example.com')],
  ['the authority', async () => void (authority = await createAuthority(clock.nowMs() + 1))],
])('it is renewed within an hour when %s changed', async (_case, change) => {
  const identity = await started();
  await change();
  await clock.advanceAsync(HOUR_MS);
  await renewed(1);
  expect(identity.caCertificate).toBe(authority.certificate);
  await clock.advanceAsync(HOUR_MS);
  expect(renewals).toBe(1);
  identity.stop();
});

test('a renewal that fails leaves the certificate, and is tried again', async () => {
  const identity = await started();
  const { server } = identity;
  const works = stored;
  stored = () => Promise.reject(new Error('no database'));
  await clock.advanceAsync(60 * DAY_MS);
  expect([renewals, identity.server === server]).toEqual([0, true]);
  expect(logged).toContain('the server certificate was not renewed; trying again in an hour');
  stored = works;
  await clock.advanceAsync(HOUR_MS);
  await renewed(1);
  identity.stop();
});

test('an authority that ends within 180 days is warned of, once a day', async () => {
  authority = await createAuthority(clock.nowMs() - 3_650 * DAY_MS + 181 * DAY_MS);
  const identity = await started();
  const warnings = () => logged.filter((message) => message.startsWith('the certificate authority expires soon'));
  expect(warnings()).toHaveLength(0);
  await clock.advanceAsync(DAY_MS + HOUR_MS);
  expect(warnings()).toHaveLength(1);
  await clock.advanceAsync(DAY_MS);
  expect(warnings()).toHaveLength(2);
  identity.stop();
});

test('a server takes the new certificate for new connections, and the old ones go on', async () => {
  const clockOfToday = new FakeClock(Date.now());
  clock = clockOfToday;
  authority = await createAuthority(clock.nowMs());
  const identity = await started();
  const server = createServer({ cert: identity.server.certificate, key: identity.server.privateKey });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const connected = async () => {
    const socket = connect({ host: '127.0.0.1', port, ca: authority.certificate, servername: 'localhost' });
    await once(socket, 'secureConnect');
    return socket;
  };
  const before = await connected();
  names.push('another');
  await clock.advanceAsync(HOUR_MS);
  await renewed(1);
  server.setSecureContext({ cert: identity.server.certificate, key: identity.server.privateKey });
  const after = await connected();
  expect(after.getPeerCertificate().serialNumber).not.toBe(before.getPeerCertificate().serialNumber);
  expect(before.destroyed).toBe(false);
  expect(expiryOf(identity.server)).toBe(clock.nowMs() + 90 * DAY_MS - (clock.nowMs() % 1_000));
  before.destroy();
  after.destroy();
  server.close();
  identity.stop();
});
