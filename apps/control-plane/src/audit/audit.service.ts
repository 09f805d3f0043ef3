import type { DataSource } from 'typeorm';
import { inTransaction, ONE_SNAPSHOT } from '../database/transaction.js';
import { AuditRow } from './audit.entity.js';
import { verifyChain, type ChainHead, type Verification } from './verify-chain.js';

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
  /** At most 1,000, which is also the default's bound: 100. */
  readonly limit?: number;
}

const DEFAULT_LIMIT = 100;
const MAX_LIMIT = 1_000;

/** Reads the audit. Rows are written by commits only, in their transactions. */
export class AuditService {
  constructor(
    private readonly dataSource: DataSource,
    private readonly verifyBatch = 1_000,
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

  /** Walks the whole chain in one snapshot, a batch at a time, up to the head that the last commit recorded. */
  verify(): Promise<Verification> {
    return inTransaction(this.dataSource, ONE_SNAPSHOT, async (queryRunner) => {
      const [meta] = (await queryRunner.query('SELECT audit_id, audit_hash FROM meta')) as [
        { audit_id: string; audit_hash: Buffer },
      ];
      const head: ChainHead = { id: Number(meta.audit_id), hash: meta.audit_hash };
      const repository = queryRunner.manager.getRepository(AuditRow);
      const batchAfter = (id: number): Promise<AuditRow[]> =>
        repository
          .createQueryBuilder('audit')
          .where('audit.id > :id', { id })
          .orderBy('audit.id')
          .limit(this.verifyBatch)
          .getMany();
      return { value: await verifyChain(head, batchAfter) };
    });
  }
}
