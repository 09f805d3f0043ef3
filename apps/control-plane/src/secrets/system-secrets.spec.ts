import { randomBytes } from 'node:crypto';
import { LAST_APPLIED_ANNOTATION } from '#libs/apimachinery';
import { createStoreFixture, range, Recording, until, type StoreFixture } from '../../test/store-fixture.js';
import { alice, keyOf, objectOf, put, remove, secrets } from '../../test/test-kinds.js';
import { AuditService } from '../audit/audit.service.js';
import { CredentialVersions } from './credential-versions.js';
import { SystemSecrets } from './system-secrets.js';

let fixture: StoreFixture;
beforeAll(async () => {
  fixture = await createStoreFixture();
});
afterAll(() => fixture.close());

/** Every row of every table as text, as a dump has it. */
async function dump(): Promise<string> {
  const tables = await fixture.dataSource.query<{ name: string }[]>(
    `SELECT quote_ident(relname) AS name FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace`,
  );
  const texts = await Promise.all(
    tables.map(({ name }) => fixture.dataSource.query<{ text: string }[]>(`SELECT t::text AS text FROM ${name} AS t`)),
  );
  return texts
    .flat()
    .map(({ text }) => text)
    .join('\n');
}

test('a secret is nowhere in the database: not in objects, log, revisions or audit, in no encoding', async () => {
  const canary = `canary-${randomBytes(12).toString('hex')}`;
  const encodings = [
    canary,
    Buffer.from(canary).toString('base64').replace(/=+$/, ''),
    Buffer.from(canary).toString('hex'),
  ];
  const key = keyOf(secrets, 'planted');
  const secret = (value: string) => ({
    ...objectOf(key),
    metadata: { name: 'planted', annotations: { note: value, [LAST_APPLIED_ANNOTATION]: JSON.stringify({ value }) } },
    data: { apiKey: Buffer.from(value).toString('base64') },
  });
  const feed = await fixture.follower();
  const seen = new Recording();
  await feed.subscribe(feed.revision, seen.onTransaction, seen.onEnd);
  for (const value of [canary, `${canary}-rotated`]) {
    await fixture.store.commit([{ key, verb: 'apply', mutate: () => secret(value) }], alice);
  }
  await fixture.store.commit([put(keyOf(secrets, 'other'), {}), remove(key)], alice);

  await until('the follower has read it all', () => seen.transactions.length === 3);
  const [created, rotated] = seen.transactions.flat();
  expect(created?.object['data']).toEqual({ apiKey: Buffer.from(canary).toString('base64') });
  expect(rotated?.previous?.['data']).toEqual(created?.object['data']);

  const text = await dump();
  expect(text).toContain('planted');
  for (const encoding of encodings) expect(text).not.toContain(encoding);
  const audit = await new AuditService(fixture.dataSource, fixture.auditKeys).list({ name: 'planted' });
  expect(audit[1]?.changes).toContainEqual({
    path: 'data.apiKey',
    before: expect.stringMatching(/^hmac:/),
    after: expect.stringMatching(/^hmac:/),
  });
});

describe('system secrets', () => {
  test('are made once, however many replicas start', async () => {
    const answers = await Promise.all(
      range(1, 6).map((replica) =>
        new SystemSecrets(fixture.store, secrets).getOrCreate('ca', () => ({
          pem: `made by ${replica}`,
          key: randomBytes(8),
        })),
      ),
    );
    expect(new Set(answers.map((answer) => JSON.stringify(answer))).size).toBe(1);
    const again = await new SystemSecrets(fixture.store, secrets).getOrCreate('ca', () => {
      throw new Error('made again');
    });
    expect(again).toEqual(answers[0]);
    const audit = await new AuditService(fixture.dataSource, fixture.auditKeys).list({
      namespace: 'signalbox-system',
      name: 'ca',
    });
    expect(audit.map(({ actor, verb }) => [actor, verb])).toEqual([['system:control-plane', 'create']]);
  });

  test('hold the key of credential versions', async () => {
    const system = new SystemSecrets(fixture.store, secrets);
    const [one, other] = [await CredentialVersions.load(system), await CredentialVersions.load(system)];
    expect(one.versionOf('value')).toMatch(/^[0-9a-f]{32}$/);
    expect(one.versionOf('value')).toBe(other.versionOf('value'));
    expect(one.versionOf('value')).not.toBe(one.versionOf('other'));
    expect(new CredentialVersions(randomBytes(32)).versionOf('value')).not.toBe(one.versionOf('value'));
  });

  test('a version key that lost its value stops the start', async () => {
    const broken = { getOrCreate: () => Promise.resolve({}) } as unknown as SystemSecrets;
    await expect(CredentialVersions.load(broken)).rejects.toThrow('restore it from a backup');
  });
});
