/** The clients' side of the data plane, and the simulator. */
const http = 'apps/data-plane/src/http';
const connections = 'apps/data-plane/test/connections';

export default [
  {
    name: 'a client that is refused while it sends is listened to',
    file: `${http}/lingering.ts`,
    find: '  socket.resume();',
    replace: '',
    suite: `${http}/lingering`,
  },
  {
    name: 'the parser hears nothing after the last words',
    file: `${http}/lingering.ts`,
    find: "  socket.removeAllListeners('data');",
    replace: '',
    suite: `${http}/lingering`,
  },
  {
    name: 'a client that never closes is left',
    file: `${http}/lingering.ts`,
    find: 'clock.after(LINGER_MS, () => socket.destroy())',
    replace: 'clock.after(LINGER_MS, () => {})',
    suite: `${http}/lingering`,
  },
  {
    name: 'a client that sends on is listened to for a bounded number of bytes',
    file: `${http}/lingering.ts`,
    find: 'if (bytes > LINGER_BYTES) socket.destroy();',
    replace: '',
    suite: `${http}/lingering`,
  },
  {
    name: 'a body over the limit is thrown away for a bounded number of bytes',
    file: `${http}/body-reader.ts`,
    find: 'if (length > LINGER_BYTES) request.destroy();',
    replace: '',
    suite: connections,
  },
  {
    name: 'the answer of a body over the limit leaves the connection open',
    file: `${http}/body-reader.ts`,
    find: '      discard(request);\n      receiver.onTooLarge();',
    replace: '      request.destroy();\n      receiver.onTooLarge();',
    suite: connections,
  },
  {
    name: '100 Continue waits until the head is accepted',
    file: `${http}/data-server.ts`,
    find: "  server.on('checkContinue', serve);",
    replace: '',
    suite: connections,
  },
  {
    name: 'who waits for 100 Continue gets it',
    file: `${http}/body-reader.ts`,
    find: 'if (request.headers.expect !== undefined) response.writeContinue();',
    replace: '',
    suite: connections,
  },
  {
    name: 'another expectation is refused in words',
    file: `${http}/data-server.ts`,
    find: "server.on('checkExpectation'",
    replace: "server.on('neverHappens'",
    suite: connections,
  },
  {
    name: 'a bad percent-escape is not an unknown path',
    file: `${http}/other-paths.ts`,
    find: 'if (!isDecodable(path)) {',
    replace: 'if (path === undefined) {',
    suite: connections,
  },
  {
    name: 'OPTIONS needs no key and leaves no record',
    file: `${http}/data-server.ts`,
    find: "request.method !== 'OPTIONS' && ",
    replace: '',
    suite: connections,
  },
];
