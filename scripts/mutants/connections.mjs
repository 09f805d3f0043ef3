/** Connections of the control plane that aren't a request and its answer. */
export default [
  {
    name: 'a client that is still sending reads why it is refused',
    file: 'apps/control-plane/src/api/server/client-error.ts',
    find: "socket.removeAllListeners('data').on('data', () => undefined);",
    replace: '',
    suite: 'apps/control-plane/test/bad-input.spec',
  },
  {
    name: 'plans that were made over small tables read no large one from end to end',
    file: 'apps/control-plane/src/database/sessions/prepare-session.ts',
    find: "set_config('idle_session_timeout', $3, false), ${BY_KEY}",
    replace: "set_config('idle_session_timeout', $3, false)",
    suite: 'apps/control-plane/src/store/found-by-key.spec',
  },
  {
    name: 'a connection whose server dies while the pool hands it over ends nobody',
    file: 'apps/control-plane/src/database/data-source.ts',
    find: 'onConnect: (client: ClientBase) => prepareSession(client, lineage),',
    replace: '',
    suite: 'apps/control-plane/test/last-words.spec',
  },
  {
    name: 'a connection is read before its silence is judged',
    file: 'apps/control-plane/src/database/sessions/guarded-client.ts',
    find: 'if (this.#due) setImmediate(() => this.#judgeSilence());',
    replace: 'if (this.#due) this.#judgeSilence();',
    suite: 'apps/control-plane/src/database/sessions/guarded-client',
  },
  {
    name: 'a question has its whole time, whenever the timer fires',
    file: 'apps/control-plane/src/database/sessions/guarded-client.ts',
    find: 'if (silentMs < silenceMs - TIMER_EARLY_MS) {',
    replace: 'if (silentMs < 0) {',
    suite: 'apps/control-plane/src/database/sessions/guarded-client',
  },
];
