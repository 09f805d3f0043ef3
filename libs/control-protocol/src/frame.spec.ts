import fc from 'fast-check';
import { entryKinds } from '#libs/routing-table';
import { FrameError } from './frame-error.js';
import {
  decodeFromControlPlane,
  decodeFromDataPlane,
  encodeFromControlPlane,
  encodeFromDataPlane,
  MAX_HEADER_BYTES,
} from './frame.js';
import type { FromControlPlane, FromDataPlane } from './messages.js';

const hex = (length: number) =>
  fc
    .array(fc.constantFrom(...Array.from('0123456789abcdef')), { minLength: length, maxLength: length })
    .map((all) => all.join(''));
const revision = fc.nat();
const nonce = fc.integer({ min: 1 });
const version = hex(64);
const traceParents = fc.array(
  fc.tuple(hex(32), hex(16)).map(([trace, span]) => `00-${trace}-${span}-01`),
  {
    maxLength: 16,
  },
);
const text = fc.string({ unit: 'grapheme' });
const name = fc.record({ kind: fc.constantFrom(...entryKinds), key: text });
const entry = fc
  .tuple(name, fc.uint8Array())
  .map(([{ kind, key }, bytes]) => ({ kind, key, bytes: Buffer.from(bytes) as Uint8Array }));
const publication = { nonce, revision, version, traceParents };

const fromControlPlane: fc.Arbitrary<FromControlPlane> = fc.oneof(
  fc.record({
    type: fc.constant('credentials' as const),
    values: fc.array(fc.record({ id: text, version: text, value: text })),
    revoked: fc.array(text),
  }),
  fc.record({
    type: fc.constant('full' as const),
    ...publication,
    schemaVersion: fc.integer({ min: 1 }),
    entries: fc.array(entry),
  }),
  fc.record({
    type: fc.constant('delta' as const),
    ...publication,
    baseVersion: version,
    upserts: fc.array(entry),
    removals: fc.array(name),
  }),
  fc.record({ type: fc.constant('bookmark' as const), ...publication }),
  fc.record({
    type: fc.constant('command' as const),
    id: fc.uuid(),
    action: fc.constantFrom(
      { type: 'ResetBreaker', namespace: 'default', provider: 'openai', model: 'meta/llama' } as const,
      { type: 'ResetCooldown', namespace: 'default', pool: 'main', key: 'a' } as const,
    ),
  }),
);

const label = fc.constantFrom('a', 'plane-1', 'x.y');
const fromDataPlane: fc.Arbitrary<FromDataPlane> = fc.oneof(
  fc.record(
    {
      type: fc.constant('hello' as const),
      name: label,
      uid: label,
      instance: label,
      schemaVersions: fc.array(fc.integer({ min: 1 }), { minLength: 1, maxLength: 4 }),
      version,
      revision,
      software: label,
      commands: fc.array(label, { maxLength: 4 }),
    },
    { requiredKeys: ['type', 'name', 'uid', 'instance', 'schemaVersions', 'software'] },
  ),
  fc.record({ type: fc.constant('ack' as const), nonce, revision, version }),
  fc.record({ type: fc.constant('nack' as const), nonce, revision, reason: text }),
  fc.record(
    {
      type: fc.constant('report' as const),
      sequence: revision,
      unresolvedCredentials: fc.array(fc.record({ id: text, reason: text })),
      snapshotFailure: fc.record({ reason: text }),
    },
    { requiredKeys: ['type', 'sequence', 'unresolvedCredentials'] },
  ),
  fc.record({
    type: fc.constant('commandAnswer' as const),
    id: fc.uuid(),
    result: fc.constantFrom('Reset' as const, 'Unchanged' as const, 'Unknown' as const, 'Failed' as const),
    message: text,
  }),
);

/** Runs a decoder on bytes that may be anything: it returns, or throws a FrameError. */
function survives(decode: (bytes: Uint8Array) => unknown, bytes: Uint8Array): void {
  try {
    decode(bytes);
  } catch (error) {
    expect(error).toBeInstanceOf(FrameError);
  }
}

function withHeader(header: string, payload = ''): Buffer {
  const bytes = Buffer.from(header);
  const length = Buffer.alloc(4);
  length.writeUInt32BE(bytes.length);
  return Buffer.concat([length, bytes, Buffer.from(payload)]);
}

const bookmark = { type: 'bookmark', nonce: 1, revision: 2, version: 'ab', traceParents: [] };

describe('frames', () => {
  it('carry every message of the control plane there and back', () => {
    fc.assert(
      fc.property(fromControlPlane, (message) => {
        expect(decodeFromControlPlane(encodeFromControlPlane(message))).toEqual(message);
      }),
    );
  });

  it('carry every message of a data plane there and back', () => {
    fc.assert(
      fc.property(fromDataPlane, (message) => {
        expect(decodeFromDataPlane(encodeFromDataPlane(message))).toEqual(message);
      }),
    );
  });

  it('cut anywhere are refused', () => {
    fc.assert(
      fc.property(fromControlPlane, fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }), (message, share) => {
        const bytes = encodeFromControlPlane(message);
        expect(() => decodeFromControlPlane(bytes.subarray(0, Math.floor(bytes.length * share)))).toThrow(FrameError);
      }),
    );
  });

  it('corrupted anywhere crash nothing', () => {
    const damage = fc.array(fc.tuple(fc.nat(), fc.nat({ max: 255 })), { minLength: 1, maxLength: 8 });
    fc.assert(
      fc.property(fc.oneof(fromControlPlane, fromDataPlane), damage, (message, changes) => {
        const bytes =
          'entries' in message || 'values' in message || 'traceParents' in message
            ? encodeFromControlPlane(message)
            : encodeFromDataPlane(message as FromDataPlane);
        for (const [at, value] of changes) bytes[at % bytes.length] = value;
        survives(decodeFromControlPlane, bytes);
        survives(decodeFromDataPlane, bytes);
      }),
    );
  });

  it('of random bytes crash nothing', () => {
    fc.assert(
      fc.property(fc.uint8Array(), (bytes) => {
        survives(decodeFromControlPlane, bytes);
        survives(decodeFromDataPlane, bytes);
      }),
    );
  });

  it.each<[string, Buffer, string]>([
    ['no bytes', Buffer.alloc(0), 'length of the header needs 4 bytes'],
    ['a header over the cap', Buffer.from([0x7f, 0, 0, 0]), `over ${MAX_HEADER_BYTES}`],
    ['a header that is not JSON', withHeader('{'), 'is not JSON'],
    ['an unknown type', withHeader('{"type":"surprise"}'), 'header.type'],
    ['a revision that is no integer', withHeader(JSON.stringify({ ...bookmark, revision: 1.5 })), 'header.revision'],
    [
      'too many trace parents',
      withHeader(
        JSON.stringify({ ...bookmark, traceParents: Array(17).fill(`00-${'a'.repeat(32)}-${'b'.repeat(16)}-01`) }),
      ),
      'header.traceParents',
    ],
    ['bytes after the end', withHeader(JSON.stringify(bookmark), 'x'), '1 bytes are left over'],
    [
      'a count that cannot fit',
      withHeader(JSON.stringify({ ...bookmark, type: 'full', schemaVersion: 1, entries: 4_000_000_000 })),
      "can't fit",
    ],
    [
      'an unknown kind',
      withHeader(
        JSON.stringify({ ...bookmark, type: 'full', schemaVersion: 1, entries: 1 }),
        '\u0003Foo\0\0\0\0\0\0\0\0',
      ),
      'kind that is unknown',
    ],
  ])('refuse %s', (_, bytes, message) => {
    expect(() => decodeFromControlPlane(bytes)).toThrow(FrameError);
    expect(() => decodeFromControlPlane(bytes)).toThrow(message);
  });

  it('never quote a credential in an error', () => {
    const header = '{"type":"credentials","complete":true}';
    for (const payload of ['{"values":[{"value":"canary"', '{"values":[{"id":1,"value":"canary"}]}', '"canary"']) {
      expect(() => decodeFromControlPlane(withHeader(header, payload))).toThrow(
        expect.objectContaining({ message: expect.not.stringContaining('canary') as string }),
      );
    }
  });

  it('of credentials say to data planes of 0.1.0 that others stay, and read their snapshots', () => {
    const none = { type: 'credentials', values: [], revoked: [] } as const;
    const frame = encodeFromControlPlane(none);
    expect(JSON.parse(frame.subarray(4, 4 + frame.readUInt32BE()).toString())).toEqual({
      type: 'credentials',
      complete: false,
    });
    const header = '{"type":"credentials","complete":true}';
    expect(decodeFromControlPlane(withHeader(header, '{"values":[],"revoked":[]}'))).toEqual(none);
  });

  it('ignore members of a header that a newer peer added', () => {
    expect(decodeFromControlPlane(withHeader(JSON.stringify({ ...bookmark, later: 1 })))).toEqual(bookmark);
  });
});
