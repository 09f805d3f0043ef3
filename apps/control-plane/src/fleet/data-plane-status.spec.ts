import type { Hello } from '#libs/control-protocol';
import type { DataPlaneStatus } from '#libs/resources';
import type { DataPlaneState } from './connected-data-planes.js';
import { nextStatus } from './data-plane-status.js';

const hello: Hello = {
  type: 'hello',
  name: 'plane',
  uid: 'uid',
  instance: 'i',
  schemaVersions: [1],
  software: '1.0',
  version: 'aa',
  revision: 3,
};
const here: DataPlaneState = { hello, connected: true, unresolvedCredentials: [] };
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
    const next = nextStatus(before, { ...here, ...change }, 'me');
    if (expected) expect(next).toMatchObject(expected);
    else expect(next).toBeUndefined();
  });

  it('forgets a rejection once something was acknowledged', () => {
    const rejected = { ...stored, rejected: { revision: 8, reason: 'no' } };
    expect(nextStatus(rejected, here, 'me')).not.toHaveProperty('rejected');
  });
});
