import {
  decodeFromControlPlane,
  type Bookmark,
  type Delta,
  type FromControlPlane,
  type Full,
  type Hello,
} from '#libs/control-protocol';
import { canonicalJson, diffEntries, TableDigest, type Entry } from '#libs/routing-table';
import { silentTracer } from '#libs/telemetry';
import { FakeClock } from '#libs/testing';
import { DataPlaneSession } from './data-plane-session.js';
import { PublishedTables } from './published-tables.js';

const hello: Hello = { type: 'hello', name: 'plane', uid: 'u', instance: 'i', schemaVersions: [1], software: '1' };
const credential = (id: string, version: string): Entry => ({
  kind: 'Credential',
  key: id,
  bytes: canonicalJson({ id, source: { type: 'Secret', version } }),
});

describe('DataPlaneSession', () => {
  let clock: FakeClock;
  let tables: PublishedTables;
  let sent: FromControlPlane[];
  let published: Full | Delta | Bookmark | undefined;
  let heard: string[];
  let session: DataPlaneSession;
  let entries: readonly Entry[];
  let revision: number;

  beforeEach(() => {
    clock = new FakeClock();
    tables = new PublishedTables((id) => ({ version: id.slice(-1), value: `value of ${id}` }));
    [sent, heard, entries, revision] = [[], [], [], 0];
    session = connect();
  });

  const connect = (version?: string) =>
    new DataPlaneSession({
      hello: { ...hello, version },
      tables,
      send: (frame) => {
        const message = decodeFromControlPlane(frame);
        sent.push(message);
        if (message.type !== 'credentials' && message.type !== 'command') published = message;
      },
      terminate: (reason) => heard.push(reason),
      listener: {
        served: (position) => heard.push(`served ${position.revision}`),
        rejected: (position) => heard.push(`rejected ${position.revision}`),
        reported: () => {},
      },
      tracer: silentTracer,
      clock,
      count: () => {},
      answerWithinMs: 1_000,
    });

  /** `ids` end in the version that their entry names. */
  function compile(...ids: string[]): string {
    const next = ids.map((id) => credential(id, id.slice(-1)));
    const { version, bucketDigests } = TableDigest.of(next);
    const change = diffEntries(entries, next);
    entries = next;
    tables.advance(++revision, { version, bucketDigests, reset: false, ...change, conditions: new Map() });
    session.advance([]);
    return version;
  }
  const answer = (type: 'ack' | 'nack') => {
    const { nonce, revision: at, version } = published!;
    session.receive(
      type === 'ack' ? { type, nonce, revision: at, version } : { type, nonce, revision: at, reason: 'no' },
    );
  };
  const lines = () =>
    sent.splice(0).map((message) => {
      if (message.type !== 'credentials') return message.type;
      const { values, revoked } = message;
      return [...values.map(({ id }) => `+${id}`), ...revoked.map((id) => `-${id}`)].join(' ');
    });

  it('sends values before the table that names them, and ends them only when that is served', () => {
    compile('a1', 'b1');
    expect(lines()).toEqual(['+a1 +b1', 'full']);
    // What is compiled meanwhile waits, its values included: the swap would drop what the first table doesn't name.
    compile('b1', 'c1');
    expect(lines()).toEqual([]);
  });

  it('after the answer sends what is newest, then what that ended', () => {
    compile('a1', 'b1');
    answer('ack');
    compile('b1', 'c1');
    expect(lines()).toEqual(['+a1 +b1', 'full', '+c1', 'delta']);
    compile('c1');
    expect(lines()).toEqual([]);
    answer('ack');
    expect(lines()).toEqual(['-a1', 'delta']);
  });

  it('a refused table revokes nothing that is served; its values are there for the full one', () => {
    compile('a1');
    answer('ack');
    lines();
    compile('b1');
    expect(lines()).toEqual(['+b1', 'delta']);
    answer('nack');
    expect(lines()).toEqual(['full']);
    answer('nack');
    expect(lines()).toEqual([]);
    expect(heard).toEqual(['served 1', 'rejected 2']);
    // Back to what it serves: the value is sent again, as one of 0.1.0 holds one a time; `b1` was of the refused tables alone.
    compile('a1');
    expect(lines()).toEqual(['+a1 -b1', 'full']);
  });

  it('keeps the version that its data plane serves for as long as it is connected', () => {
    const first = compile('a1');
    answer('ack');
    for (let index = 0; index < 100; index++) compile(`b${index}1`);
    expect(tables.delta(first)).toBeDefined();
    const late = connect(first);
    session.close();
    expect(tables.delta(first)).toBeDefined();
    late.close();
    expect(tables.delta(first)).toBeUndefined();
  });

  it('lets go of what was refused, and of what it served before', () => {
    const versions = [compile('a1')];
    answer('ack');
    for (let index = 0; index < 100; index++) {
      versions.push(compile(`b${index}1`));
      answer('nack');
      answer('nack');
    }
    expect(versions.map((version) => tables.delta(version) !== undefined).filter(Boolean)).toHaveLength(1 + 64);
    compile('c1');
    answer('ack');
    expect(tables.delta(versions[0]!)).toBeUndefined();
  });

  it('ends a connection that does not answer', () => {
    compile('a1');
    clock.advance(1_000);
    expect(heard).toEqual(['no answer within 1000 ms']);
  });
});
