const status = 'apps/control-plane/src/status';
const writer = 'apps/control-plane/src/status/status-writer.ts';
const dataPlaneStatus = 'apps/control-plane/src/fleet/data-plane-status.ts';
const dataPlaneWriter = 'apps/control-plane/src/fleet/data-plane-writer.ts';
const fleet = 'apps/control-plane/src/fleet';

/** From a compiled table to data planes, and from their answers to conditions. */
export default [
  {
    name: 'at most one status transaction in 100 ms',
    file: writer,
    find: 'if (waitMs > 0) return { requeueAfterMs: waitMs };',
    replace: '',
    suite: status,
  },
  {
    name: 'a status batch is bounded',
    file: writer,
    find: 'if (batch.size >= this.#mostWrites) break;',
    replace: '',
    suite: status,
  },
  {
    name: 'a status batch that failed comes back smaller',
    file: writer,
    find: 'this.#mostWrites = Math.max(1, Math.floor(batch.size / 2));',
    replace: '',
    suite: status,
  },
  {
    name: 'a status batch that failed comes back',
    file: writer,
    find: 'for (const key of batch.keys()) this.#waiting.add(key);',
    replace: '',
    suite: status,
  },
  {
    name: 'statuses are written in the name of a term',
    file: writer,
    find: 'controlPlaneOrigin, { leadership }',
    replace: 'controlPlaneOrigin',
    suite: status,
  },
  {
    name: 'an object that is gone takes no status from the others',
    file: writer,
    find: 'ifPresent: true,',
    replace: '',
    suite: status,
  },
  {
    name: 'a status is written only to the generation and uid that it is about',
    file: 'apps/control-plane/src/status/status-controller.ts',
    find: 'if (compiled?.[0]?.observedGeneration !== generation) return undefined;',
    replace: 'if (!compiled) return undefined;',
    suite: status,
  },
  {
    name: 'a data plane that joins is left out until it has answered',
    file: 'apps/control-plane/src/fleet/fleet-view.ts',
    find: 'if (!connected || joining) return undefined;',
    replace: 'if (!connected) return undefined;',
    suite: 'fleet-view',
  },
  {
    name: 'a data plane joins for 10 s at most',
    file: dataPlaneStatus,
    find: 'JOINS_WITHIN_MS = 10_000',
    replace: 'JOINS_WITHIN_MS = 60_000',
    suite: fleet,
  },
  {
    name: 'the end of joining is looked for',
    file: dataPlaneWriter,
    find: 'return joining ? { requeueAfterMs: state.sinceMs + JOINS_WITHIN_MS - nowMs } : undefined;',
    replace: 'return undefined;',
    suite: fleet,
  },
  {
    name: 'a data plane that comes back with what it served goes on counting',
    file: dataPlaneStatus,
    find: 'const counted = stored.connected && !stored.joining && stored.uid === hello.uid;',
    replace: 'const counted = false;',
    suite: fleet,
  },
  {
    name: 'a DataPlane is written at most once a second',
    file: dataPlaneWriter,
    find: "if (written?.type !== 'UNCHANGED') this.wroteAtMs.set(name, nowMs);",
    replace: '',
    suite: fleet,
  },
  {
    name: 'a listener of the cache that throws keeps the change from no other',
    file: 'apps/control-plane/src/cache/object-cache.ts',
    find: 'this.catchUps.addAfter(listener, CATCH_UP_AFTER_MS);',
    replace: 'throw error;',
    suite: 'apps/control-plane/src/cache',
  },
  {
    name: 'a listener of the cache that threw catches up by itself',
    file: 'apps/control-plane/src/cache/object-cache.ts',
    find: 'this.catchUps.addAfter(listener, CATCH_UP_AFTER_MS);',
    replace: '',
    suite: 'apps/control-plane/src/cache',
  },
  {
    name: 'what data planes cannot use reaches conditions',
    file: 'apps/control-plane/src/fleet/fleet-view.ts',
    find: '...(unresolved.size > 0 && { unresolved }),',
    replace: '',
    suite: 'apps/control-plane/src/fleet/fleet-view',
  },
  {
    name: 'a policy is looked at when the keys of a pool change',
    file: 'apps/control-plane/src/status/status-controller.ts',
    find: 'if (this.#someLackCredentials() && changes.some(changesKeys)) this.reviewAll();',
    replace: '',
    suite: 'control-plane/src/status',
  },
  {
    name: 'a key that only some data planes lack is told',
    file: 'libs/compiler/src/unmet-needs.ts',
    find: 'const lacking = connected.filter(({ unresolved }) => unresolved !== undefined);',
    replace: 'const lacking = connected.every(({ unresolved }) => unresolved) ? connected : [];',
    suite: 'libs/compiler/src/credential-needs',
  },
];
