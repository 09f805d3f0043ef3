import type { DataSource } from 'typeorm';
import { MetaRow } from '../database/meta.entity.js';
import { inTransaction, ONE_SNAPSHOT } from '../database/transaction.js';
import { AuditRow } from './audit.entity.js';
import { verifyChain, type Verification } from './verify-chain.js';

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

  /** Walks the whole chain in one snapshot, a batch at a time. */
  verify(): Promise<Verification> {
    return inTransaction(this.dataSource, ONE_SNAPSHOT, async (queryRunner) => {
      const [meta] = await queryRunner.manager.getRepository(MetaRow).find();
      if (!meta) throw new Error('the meta row is missing: this database is damaged');
      const rows = queryRunner.manager.getRepository(AuditRow).createQueryBuilder('audit').orderBy('audit.id');
      const batchAfter = (id: number): Promise<AuditRow[]> =>
        rows.clone().where('audit.id > :id', { id }).limit(this.verifyBatch).getMany();
      const start = { id: meta.auditStartId, hash: meta.auditStartHash };
      const head = { id: meta.auditId, hash: meta.auditHash };
      return { value: await verifyChain(start, head, batchAfter) };
    });
  }
}
