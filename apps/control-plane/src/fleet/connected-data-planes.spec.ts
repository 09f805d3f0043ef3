import { ConnectedDataPlanes } from './connected-data-planes.js';
import { helloOf } from './testing/hello.js';

const hello = helloOf();

test('a report says all there is: what it leaves out is over', () => {
  const dataPlanes = new ConnectedDataPlanes(() => 0);
  const plane = dataPlanes.connected(hello);
  plane.reported({ unresolvedCredentials: [{ id: 'env:A', reason: 'not set' }], snapshotFailure: { reason: 'full' } });
  expect(dataPlanes.get('plane')).toMatchObject({
    unresolvedCredentials: [{ id: 'env:A', reason: 'not set' }],
    snapshotFailure: { reason: 'full' },
  });
  plane.reported({ unresolvedCredentials: [] });
  const { unresolvedCredentials, snapshotFailure } = dataPlanes.get('plane')!;
  expect([unresolvedCredentials, snapshotFailure]).toEqual([[], undefined]);
});
