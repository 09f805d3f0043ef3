import type { Tracer } from '@opentelemetry/api';
import { attributeNames, spanNames, withSpan } from '#libs/telemetry';
import type { CommitResult, ObjectStore, ObjectWrite } from '../../store/object-store.js';
import { type Call, originOf } from '../request/call.js';

/** Commits on behalf of a call: who, from where and in which trace goes along with every write. */
export class ObjectWriter {
  constructor(
    private readonly store: ObjectStore,
    private readonly tracer: Tracer,
  ) {}

  commit(call: Call, writes: readonly ObjectWrite[], { dryRun }: { dryRun: boolean }): Promise<CommitResult> {
    return withSpan(this.tracer, spanNames.commit, { parent: call.traceParent }, async (span) => {
      const result = await this.store.commit(writes, originOf(call, span.traceParent), { dryRun });
      span.setAttributes({ [attributeNames.revision]: result.revision });
      return result;
    });
  }
}
