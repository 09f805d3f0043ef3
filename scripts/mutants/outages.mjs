/** What an outage, of a database, a replica or a reader, must not leave behind. */
const source = 'apps/control-plane/src';

export default [
  {
    name: 'a host that is gone is a database that is away',
    file: `${source}/database/unavailable.ts`,
    find: 'EHOST(UNREACH|DOWN)|',
    replace: '',
    suite: `${source}/database/unavailable`,
  },
  {
    name: 'a name of which no address answers is a database that is away',
    file: `${source}/database/unavailable.ts`,
    find: 'if (Array.isArray(errors)) return errors.length > 0 && errors.every(isUnavailable);',
    replace: '',
    suite: `${source}/database/unavailable`,
  },
  {
    name: 'an unknown outcome is told as such, whatever broke',
    file: `${source}/database/pipelined-transaction.ts`,
    find: 'throw outcomeUnknown ? Object.assign(serviceUnavailable(UNKNOWN_OUTCOME), { cause: error }) : orUnavailable(error);',
    replace: 'throw outcomeUnknown ? orUnavailable(error, UNKNOWN_OUTCOME) : orUnavailable(error);',
    suite: `${source}/database/pipelined-transaction`,
  },
  {
    name: 'what is committed is answered though a reader stumbled',
    file: `${source}/store/postgres-object-store.ts`,
    find: `    } finally {
      // It is committed`,
    replace: `    } catch (error) {
      throw error;
    }
    {
      // It is committed`,
    suite: `${source}/store/group-commit`,
  },
  {
    name: 'the ring counts the state before of what the replica committed itself',
    file: `${source}/store/committed-changes.ts`,
    find: ' + (effect.previousCharacters ?? 0)',
    replace: '',
    suite: `${source}/store/group-commit`,
  },
  {
    name: 'a DataPlane object that somebody else wrote is put right',
    file: `${source}/fleet/fleet.module.ts`,
    find: 'cache.onUpdate((update) => writer.look(update));',
    replace: '',
    suite: 'apps/control-plane/test/change-to-status',
  },
  {
    name: 'what another replica says of a data plane is left to it',
    file: `${source}/fleet/data-plane-writer.ts`,
    find: ' || statusOf(object).connected) continue;',
    replace: ') continue;',
    suite: `${source}/fleet/data-plane-writer`,
  },
  {
    name: 'a look at data planes that fails does not begin the time anew',
    file: `${source}/fleet/stale-data-planes.ts`,
    find: `    const living = await livingReplicas();
    const before = this.since;
    this.since = new Map();`,
    replace: `    const before = this.since;
    this.since = new Map();
    const living = await livingReplicas();`,
    suite: `${source}/fleet/stale-data-planes`,
  },
  {
    name: 'what somebody else holds keeps no other write of its group waiting',
    file: `${source}/store/commit-queue.ts`,
    find: 'if (!(error instanceof KeysHeldError)) throw error;',
    replace: 'throw error;',
    suite: `${source}/store/group-commit`,
  },
  {
    name: 'one request for what somebody else holds keeps no later write waiting',
    file: `${source}/store/commit-queue.ts`,
    find: 'if (group.length === 1) group[0]?.stepAside();',
    replace: 'if (group.length === 1) await this.commitGroup(group, sessionLimits.lockMs);',
    suite: `${source}/store/commit-queue`,
  },
  {
    name: 'what steps aside is bounded',
    file: `${source}/store/commit-queue.ts`,
    find: 'this.#waiting.length + this.#aside.length >= MAX_WAITING',
    replace: 'this.#waiting.length >= MAX_WAITING',
    suite: `${source}/store/commit-queue`,
  },
  {
    name: 'a request is decided with nothing that somebody else holds',
    file: `${source}/store/commit-decision.ts`,
    find: "if (request.keys.some((key) => state.held.has(key))) return { type: 'HELD' };",
    replace: '',
    suite: `${source}/store/group-commit`,
  },
  {
    name: 'the counter is waited for as usual, not as briefly as an object',
    file: `${source}/store/read-locked.ts`,
    find: "FROM (SELECT set_config('lock_timeout', '${sessionLimits.lockMs}', true)) AS usual, meta",
    replace: 'FROM meta',
    suite: `${source}/store/group-commit`,
  },
  {
    name: 'a large collection is deleted in several transactions',
    file: 'apps/control-plane/src/api/write/remove.ts',
    find: 'const AT_ONCE = 500;',
    replace: 'const AT_ONCE = 50_000;',
    suite: 'control-plane/src/api/write/remove-collection',
  },
  {
    name: 'before the first of several transactions it is seen whether any would be refused',
    file: 'apps/control-plane/src/api/write/remove.ts',
    find: 'if (groups.length > 1 && !dryRun) for',
    replace: 'if (groups.length > 50_000) for',
    suite: 'control-plane/src/api/write/remove-collection',
  },
  {
    name: 'what nobody expected is logged without its secrets before it ends the process',
    file: 'apps/control-plane/src/main.ts',
    find: "process.on('uncaughtException',",
    replace: "process.on('warning',",
    suite: 'control-plane/test/server',
    build: true,
  },
  {
    name: 'a full disk is named to those who wait for it',
    file: 'apps/control-plane/src/database/unavailable.ts',
    find: "['53100', 'its disk is full'],",
    replace: '',
    suite: 'control-plane/src/database/unavailable',
  },
];
