import { transportFailure } from './transport-failure.js';

it.each(['EMFILE', 'ENFILE', 'ENOBUFS', 'EADDRNOTAVAIL'])(
  '%s says that we have no socket left, not that nobody listens',
  (code) => {
    expect(transportFailure(Object.assign(new Error('x'), { code }))).toBe('OutOfSockets');
  },
);

it('what is unknown broke the protocol', () => {
  expect(transportFailure(new Error('x'))).toBe('Protocol');
});
