import type { DataSource } from 'typeorm';
import { MetaRow } from '../database/meta.entity.js';
import type { AuditKeys } from './audit-keys.js';
import { AuditRow } from './audit.entity.js';
import type { ChainLink } from './chain-link.js';
import { type ChainSource, type Verification, type VerificationProgress, verifyChain } from './verify-chain.js';

/** Every given field must match. */
export interface AuditQuery {
  /** '' is the core group. */
  readonly group?: string;
  readonly kind?: string;
  readonly namespace?: string;
  readonly name?: string;
  readonly actor?: string;
  /** Epoch milliseconds, inclusive. */
  readonly fromMs?: number;
  /** Epoch milliseconds, exclusive. */
  readonly toMs?: number;
  /** Rows with a smaller id: the next page after the last row of one. */
  readonly beforeId?: number;
  /** 100 by default, 1,000 at most. */
  readonly limit?: number;
}

/** The end of the chain at some time, to be kept where who can write to the database can't: all text, so that it is a file. */
export interface AuditHead {
  readonly id: number;
  /** Hex. */
  readonly hash: string;
  /** Id of the audit key. */
  readonly key: string;
  /** Hex; vouches for `id` and `hash`. */
  readonly mac: string;
}

const DEFAULT_LIMIT = 100;
const MAX_LIMIT = 1_000;

/** Reads the audit. Rows are written by commits only, in their transactions. */
export class AuditService {
  constructor(
    private readonly dataSource: DataSource,
    private readonly keys: AuditKeys,
    private readonly verifyPage = 1_000,
  ) {}

  /** Newest first. */
  list(query: AuditQuery): Promise<AuditRow[]> {
    const rows = this.dataSource.getRepository(AuditRow).createQueryBuilder('audit');
    const equals = {
      apiGroup: query.group,
      kind: query.kind,
      namespace: query.namespace,
      name: query.name,
      actor: query.actor,
    };
    for (const [column, value] of Object.entries(equals)) {
      if (value !== undefined) rows.andWhere(`audit.${column} = :${column}`, { [column]: value });
    }
    if (query.fromMs !== undefined) rows.andWhere('audit.at >= :from', { from: new Date(query.fromMs) });
    if (query.toMs !== undefined) rows.andWhere('audit.at < :to', { to: new Date(query.toMs) });
    if (query.beforeId !== undefined) rows.andWhere('audit.id < :beforeId', { beforeId: query.beforeId });
    return rows
      .orderBy('audit.id', 'DESC')
      .limit(Math.min(query.limit ?? DEFAULT_LIMIT, MAX_LIMIT))
      .getMany();
  }

  /** See `verifyChain`. Each page is a transaction of its own; a reader that goes away ends it. */
  verify(from?: ChainLink): AsyncGenerator<VerificationProgress, Verification> {
    return verifyChain({ keys: this.keys, source: this.#chain, from });
  }

  async head(): Promise<AuditHead> {
    const { head } = await this.#chain.record();
    return { id: head.id, hash: head.hash.toString('hex'), key: this.keys.id, mac: this.#macOf(head) };
  }

  /** The row that an exported head names; undefined: it isn't one of this installation, or was changed since. */
  linkOf({ id, hash, mac }: Pick<AuditHead, 'id' | 'hash' | 'mac'>): ChainLink | undefined {
    const link = { id, hash: Buffer.from(hash, 'hex') };
    return this.#macOf(link) === mac ? link : undefined;
  }

  #macOf(link: ChainLink): string {
    return this.keys.macOfHead(link).toString('hex');
  }

  readonly #chain: ChainSource = {
    record: async () => {
      const [meta] = await this.dataSource.getRepository(MetaRow).find();
      if (!meta) throw new Error('the meta row is missing: this database is damaged');
      return {
        start: { id: meta.auditStartId, hash: meta.auditStartHash },
        startMac: meta.auditStartMac,
        head: { id: meta.auditId, hash: meta.auditHash },
        keyedFrom: meta.auditKeyedFrom,
      };
    },
    rowsAfter: (id, lastId) =>
      this.dataSource
        .getRepository(AuditRow)
        .createQueryBuilder('audit')
        .where('audit.id > :id AND audit.id <= :lastId', { id, lastId })
        .orderBy('audit.id')
        .limit(this.verifyPage)
        .getMany(),
    rowOutside: async () => {
      const [{ id }] = await this.dataSource.query<[{ id: string | null }]>(
        `SELECT least(
           (SELECT min(id) FROM audit WHERE id > meta.audit_id),
           (SELECT min(id) FROM audit WHERE id <= meta.audit_start_id)
         ) AS id FROM meta`,
      );
      return id === null ? undefined : Number(id);
    },
  };
}
