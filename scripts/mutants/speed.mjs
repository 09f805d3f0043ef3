/** What keeps shared transactions and unparsed lists honest. */
const store = 'apps/control-plane/src/store';
const group = `${store}/group-commit`;
const queue = `${store}/commit-queue`;
const transaction = 'apps/control-plane/src/database/pipelined-transaction';

export default [
  {
    name: 'a request that meets an object which its group changes waits for the next one',
    file: `${store}/commit-decision.ts`,
    find: ' || request.keys.some((key) => changed.has(key))',
    replace: '',
    suite: `${store}/commit-decision`,
  },
  {
    name: 'a dry run marks nothing as changed and writes nothing',
    file: `${store}/commit-decision.ts`,
    find: "if (request.dryRun) return { type: 'DECIDED', outcomes, rows: [] };",
    replace: '',
    suite: `${store}/(group-commit|postgres-object-store)`,
  },
  {
    name: 'a group is bounded in what it writes',
    file: `${store}/commit-decision.ts`,
    find: 'characters > MAX_GROUP_CHARACTERS || ',
    replace: '',
    suite: group,
  },
  {
    name: 'each request of a group checks its own term',
    file: `${store}/commit-decision.ts`,
    find: 'if (request.term) checkTerm(request.term, state.leaderEpoch);',
    replace: '',
    suite: `${store}/(group-commit|fencing)`,
  },
  {
    name: 'what the database refuses for one request is tried request by request',
    file: `${store}/commit-queue.ts`,
    find: 'group.length === 1 || isUnavailable(error)',
    replace: 'true',
    suite: `${store}/(group-commit|commit-queue)`,
  },
  {
    name: 'a commit whose outcome is unknown is never tried again',
    file: `${store}/commit-queue.ts`,
    find: ' || isUnavailable(error)',
    replace: '',
    suite: queue,
  },
  {
    name: 'who is postponed comes first',
    file: `${store}/commit-queue.ts`,
    find: 'this.#waiting.unshift(',
    replace: 'this.#waiting.push(',
    suite: queue,
  },
  {
    name: 'a group is bounded in writes',
    file: `${store}/commit-queue.ts`,
    find: 'return index > 0 && writes > MAX_GROUP_WRITES;',
    replace: 'return false;',
    suite: queue,
  },
  {
    name: 'the keys of a group are locked',
    file: `${store}/postgres-object-store.ts`,
    find: 'waitMs > 0 ? lockKeys(client, [...keys.keys()], waitMs) : tryKeys(client, [...keys.keys()]),',
    replace: 'undefined,',
    suite: group,
  },
  {
    name: 'log rows name the last revision of their request, not of the group',
    file: `${store}/commit-sql.ts`,
    find: 'return rows.map(() => last);',
    replace: 'return rows.map(() => firstRevision + requests.flatMap((request) => request.rows).length - 1);',
    suite: group,
  },
  {
    name: 'a connection that breaks after COMMIT was sent leaves the outcome unknown',
    file: 'apps/control-plane/src/database/pipelined-transaction.ts',
    find: 'outcomeUnknown = !(error instanceof DatabaseError);',
    replace: '',
    suite: transaction,
  },
  {
    name: 'the first statements leave in one packet',
    file: 'apps/control-plane/src/database/pipelined-transaction.ts',
    find: 'stream.cork();',
    replace: '',
    suite: transaction,
  },
  {
    name: 'a stored text of another member order is parsed, not spliced',
    file: `${store}/stored-object.ts`,
    find: 'row.object.startsWith(beginning)',
    replace: 'row.object !== beginning',
    suite: `${store}/list-page`,
  },
  {
    name: 'no list shows the stored text of an encrypted kind',
    file: 'apps/control-plane/src/api/objects/form.ts',
    find: ' && !kind.sensitive',
    replace: '',
    suite: 'apps/control-plane/test/resources',
  },
  {
    name: 'a follower takes nothing over a gap',
    file: `${store}/log-follower.ts`,
    find: ' || first !== this.#revision + 1',
    replace: '',
    suite: group,
  },
  {
    name: 'a follower takes nothing of another history',
    file: `${store}/log-follower.ts`,
    find: ' || lineage !== this.#lineage || first',
    replace: ' || first',
    suite: group,
  },
  {
    name: 'what a follower was told while it read is not handed out again',
    file: `${store}/log-follower.ts`,
    find: 'if ((transaction.changes[0]?.lastRevision ?? 0) > this.#revision) this.#handOut(transaction);',
    replace: 'this.#handOut(transaction);',
    suite: group,
  },
];
