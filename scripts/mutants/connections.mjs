/** Connections of the control plane that aren't a request and its answer. */
export default [
  {
    name: 'a client that is still sending reads why it is refused',
    file: 'apps/control-plane/src/api/server/client-error.ts',
    find: "socket.removeAllListeners('data').on('data', () => undefined);",
    replace: '',
    suite: 'apps/control-plane/test/bad-input.spec',
  },
];
