import type { DataPlaneStatus } from '#libs/resources';
import type { DataPlaneState } from './connected-data-planes.js';
import { nextStatus } from './data-plane-status.js';
import { helloOf } from './testing/hello.js';

const hello = helloOf({ software: '1.0', version: 'aa', revision: 3 });
const here: DataPlaneState = { hello, connected: true, sinceMs: 0, unresolvedCredentials: [] };
const me = { self: 'me', nowMs: 0 };
const stored: DataPlaneStatus = {
  uid: 'uid',
  connected: true,
  connectedTo: 'me',
  software: '1.0',
  revision: 3,
  version: 'aa',
};

describe('nextStatus', () => {
  it.each<[string, Partial<DataPlaneStatus>, Partial<DataPlaneState>, Partial<DataPlaneStatus> | undefined]>([
    ['a connection says what the data plane came with', {}, {}, { connected: true, revision: 3, version: 'aa' }],
    [
      'then what it acknowledged',
      stored,
      { served: { revision: 9, version: 'bb' } },
      { revision: 9, version: 'bb', connectedTo: 'me' },
    ],
    [
      'what it refused',
      stored,
      { rejected: { revision: 9, reason: 'no' } },
      { rejected: { revision: 9, reason: 'no' } },
    ],
    [
      'that its disk takes no snapshot',
      stored,
      { snapshotFailure: { reason: 'full' } },
      { snapshotFailure: { reason: 'full' } },
    ],
    ['its end, written by the replica that held it', stored, { connected: false }, { connected: false }],
    [
      'not its end if it is connected elsewhere by now',
      { ...stored, connectedTo: 'other' },
      { connected: false },
      undefined,
    ],
    ['not its end if another data plane has the name', { ...stored, uid: 'another' }, { connected: false }, undefined],
    ['a connection taken over from another replica', { ...stored, connectedTo: 'other' }, {}, { connectedTo: 'me' }],
  ])('%s', (_, before, change, expected) => {
    const next = nextStatus(before, { ...here, ...change }, me);
    if (expected) expect(next).toMatchObject(expected);
    else expect(next).toBeUndefined();
  });

  it('forgets a rejection once something was acknowledged', () => {
    const rejected = { ...stored, rejected: { revision: 8, reason: 'no' } };
    expect(nextStatus(rejected, here, me)).not.toHaveProperty('rejected');
  });

  it('says no more of its disk once that works again', () => {
    expect(nextStatus({ ...stored, snapshotFailure: { reason: 'full' } }, here, me)).not.toHaveProperty(
      'snapshotFailure',
    );
  });

  describe('whether a data plane counts yet', () => {
    const joining = (before: Partial<DataPlaneStatus>, change: Partial<DataPlaneState> = {}, nowMs = 0) =>
      nextStatus(before, { ...here, ...change }, { self: 'me', nowMs })?.joining;
    const empty = { ...hello, version: undefined, revision: undefined };

    it.each<[string, Partial<DataPlaneStatus>, Partial<DataPlaneState>, number, true | undefined]>([
      ['not while it has answered nothing', {}, {}, 0, true],
      ['not until the last moment of the 10 s', {}, {}, 9_999, true],
      ['after 10 s, whatever it does', {}, {}, 10_000, undefined],
      ['once it serves what it was sent', {}, { served: { revision: 4, version: 'bb' } }, 0, undefined],
      ['once it refused what it was sent', {}, { rejected: { revision: 4, reason: 'no' } }, 0, undefined],
      ['as before, if it comes back with what it served', stored, {}, 0, undefined],
      ['as before, if it comes back with more', { ...stored, version: '99', revision: 2 }, {}, 0, undefined],
      ['as before, if another replica took it over', { ...stored, connectedTo: 'other' }, {}, 0, undefined],
      ['not if it comes back with less', { ...stored, version: 'bb', revision: 9 }, {}, 0, true],
      ['not if it comes back with nothing', stored, { hello: empty }, 0, true],
      ['not if it was away', { ...stored, connected: false }, {}, 0, true],
      ['not if another had its name', { ...stored, uid: 'another' }, {}, 0, true],
      ['not if it never counted', { ...stored, joining: true }, {}, 0, true],
      ['nobody asks once it is gone', stored, { connected: false }, 0, undefined],
    ])('%s', (_, before, change, nowMs, expected) => {
      expect(joining(before, change, nowMs)).toBe(expected);
    });

    it('the same table at an earlier revision counts for the revision that it acknowledged', () => {
      expect(nextStatus({ ...stored, revision: 8 }, here, me)).toMatchObject({ revision: 8, version: 'aa' });
      expect(nextStatus({ ...stored, revision: 8, version: 'bb' }, here, me)).toMatchObject({ revision: 3 });
    });
  });
});
