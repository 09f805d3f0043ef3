import type { Tracer } from '@opentelemetry/api';
import { objectScope } from '#libs/apimachinery';
import { attributeNames, spanNames, withSpan } from '#libs/telemetry';
import type { Authorizer, Verb } from '../../auth/authorizer.js';
import type { CommitResult, ObjectStore, ObjectWrite } from '../../store/object-store.js';
import { type Call, originOf } from '../request/call.js';
import { checkAllowed } from '../objects/permission.js';

export interface ClientWrite {
  /** The caller needs each of them on every object that is written: on what is touched, not on what was asked for. */
  readonly needs: readonly Verb[];
  /** Writes beside them that change nothing and only refuse; they need no right. */
  readonly guards?: readonly ObjectWrite[];
  readonly dryRun: boolean;
}

/** Commits on behalf of a call: who, from where and in which trace goes along with every write. */
export class ObjectWriter {
  readonly #store: ObjectStore;
  readonly #authorizer: Authorizer;
  readonly #tracer: Tracer;

  constructor(store: ObjectStore, authorizer: Authorizer, tracer: Tracer) {
    this.#store = store;
    this.#authorizer = authorizer;
    this.#tracer = tracer;
  }

  async commit(call: Call, writes: readonly ObjectWrite[], options: ClientWrite): Promise<CommitResult> {
    const { needs, guards = [], dryRun } = options;
    for (const { key, subresource } of writes) {
      const touched = { kind: key.kind, scope: objectScope(key.kind, key.namespace), name: key.name, subresource };
      for (const verb of needs) checkAllowed(this.#authorizer, call, verb, touched);
    }
    return withSpan(this.#tracer, spanNames.commit, { parent: call.traceParent }, async (span) => {
      const result = await this.#store.commit([...writes, ...guards], originOf(call, span.traceParent), { dryRun });
      span.setAttributes({ [attributeNames.revision]: result.revision });
      return result;
    });
  }
}
