/** Wiring, order and times of what follows the database: where nothing looks wrong when it is. */
const controlPlane = 'apps/control-plane/src';
const test = 'apps/control-plane/test';

export default [
  {
    name: 'the follower listens before it reads',
    file: `${controlPlane}/store/log-follower.ts`,
    find: '    await client.query(`LISTEN ${LOG_CHANNEL}`);\n    if (!this.#ring) await this.#startAtHead(client);\n    await this.#drain(client);',
    replace:
      '    if (!this.#ring) await this.#startAtHead(client);\n    await this.#drain(client);\n    await client.query(`LISTEN ${LOG_CHANNEL}`);',
    suite: `${controlPlane}/store/log-follower`,
  },
  {
    name: 'what was handed over while a page was read is not taken back',
    file: `${controlPlane}/store/log-follower.ts`,
    find: 'this.#revision = Math.max(this.#revision, page.position);',
    replace: 'this.#revision = page.position;',
    suite: `${controlPlane}/store/`,
  },
  {
    name: 'a renewal counts from its question',
    file: `${controlPlane}/leader/leader-election.ts`,
    find: 'else term.renew(expiresAtMs);',
    replace: 'else term.renew(this.#clock.nowMs() + this.#leaseMs + 0 * expiresAtMs);',
    suite: `${controlPlane}/leader/leader-election`,
  },
  {
    name: 'a take-over counts from its question',
    file: `${controlPlane}/leader/leader-election.ts`,
    find: 'new Term(Number(rows[0].epoch), expiresAtMs, this.#clock)',
    replace: 'new Term(Number(rows[0].epoch), this.#clock.nowMs() + this.#leaseMs + 0 * expiresAtMs, this.#clock)',
    suite: `${controlPlane}/leader/leader-election`,
  },
  {
    name: 'a term that is over before its answer comes does not begin',
    file: `${controlPlane}/leader/leader-election.ts`,
    find: 'if (this.#clock.nowMs() >= term.expiresAtMs) return',
    replace: 'if (false) return',
    suite: `${controlPlane}/leader/leader-election`,
  },
  {
    name: 'of connections that all see another server one begins a lineage',
    file: `${controlPlane}/database/sessions/lineage.ts`,
    find: 'FROM jump WHERE server = $2 RETURNING rv',
    replace: 'FROM jump WHERE $2::text IS NOT NULL RETURNING rv',
    suite: `${controlPlane}/database/sessions/lineage`,
  },
  {
    name: 'the server ends the transaction of a replica that froze',
    file: `${controlPlane}/database/data-source.ts`,
    find: 'idle_in_transaction_session_timeout: idleInTransactionMs,',
    replace: '',
    suite: `${controlPlane}/database/database.spec`,
  },
  {
    name: 'the server lets nobody wait for a lock for ever',
    file: `${controlPlane}/database/data-source.ts`,
    find: 'lock_timeout: lockMs,',
    replace: '',
    suite: `${controlPlane}/database/database.spec`,
  },
  {
    name: 'a commit waits for its BEGIN',
    file: `${controlPlane}/store/postgres-object-store.ts`,
    find: '    begun,\n    waitMs',
    replace: '    undefined,\n    waitMs',
    suite: `${controlPlane}/store/group-commit`,
  },
  {
    name: 'batches of status grow again after a failure',
    file: `${controlPlane}/status/status-writer.ts`,
    find: 'this.#mostWrites = Math.min(MOST_WRITES, this.#mostWrites * 2);',
    replace: '',
    suite: `${controlPlane}/status/`,
  },
  {
    name: 'whoever begins to lead looks at all statuses',
    file: `${controlPlane}/change-flow.module.ts`,
    find: 'leader.addListener({ gained: () => status.reviewAll(), lost: () => {} });',
    replace: '',
    suite: `${test}/status-writes`,
  },
  {
    name: 'the older of two connections of a data plane is ended',
    file: `${controlPlane}/publication/publication-server.ts`,
    find: 'other?.socket.terminate();',
    replace: '',
    suite: `${test}/stream-clients`,
  },
  {
    name: 'the end of the older connection is not the end of the newer one',
    file: `${controlPlane}/publication/publication-server.ts`,
    find: 'if (this.sessions.get(hello.name)?.session !== session) return;',
    replace: '',
    suite: `${test}/stream-clients`,
  },
  {
    name: 'a swap alone is written to the disk',
    file: 'apps/data-plane/src/table/table-sync.ts',
    find: 'current.onSwap(() => this.writer?.schedule());',
    replace: '',
    suite: 'apps/data-plane/src/table/table-sync',
  },
  {
    name: 'what was taken before an object whose conditions cannot be made waits on',
    file: `${controlPlane}/status/status-writer.ts`,
    find: 'for (const other of taken.keys()) this.#waiting.add(other);',
    replace: '',
    suite: `${controlPlane}/status/`,
  },
];
