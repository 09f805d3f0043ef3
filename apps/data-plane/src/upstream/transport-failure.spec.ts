import { transportFailure } from './transport-failure.js';

it.each(['EMFILE', 'ENFILE', 'ENOBUFS', 'EADDRNOTAVAIL'])(
  '%s says that we have no socket left, not that nobody listens',
  (code) => {
    expect(transportFailure(Object.assign(new Error('x'), { code }), false)).toBe('OutOfSockets');
  },
);

it('what is unknown broke the protocol', () => {
  expect(transportFailure(new Error('x'), false)).toBe('Protocol');
});

it.each([
  ['ETIMEDOUT', 'ConnectTimeout'],
  ['ECONNREFUSED', 'ConnectionRefused'],
  ['EHOSTDOWN', 'ConnectionRefused'],
  ['EHOSTUNREACH', 'ConnectionRefused'],
  ['ENETDOWN', 'ConnectionRefused'],
  ['ENETUNREACH', 'ConnectionRefused'],
])('%s is %s while connecting, and a lost connection afterwards', (code, whileConnecting) => {
  const error = Object.assign(new Error('x'), { code });
  expect([transportFailure(error, false), transportFailure(error, true)]).toEqual([whileConnecting, 'ConnectionReset']);
});
