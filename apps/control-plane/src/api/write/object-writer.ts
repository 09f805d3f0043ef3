import type { Tracer } from '@opentelemetry/api';
import { objectScope } from '#libs/apimachinery';
import type { ObjectChange } from '#libs/resources';
import { attributeNames, spanNames, withSpan } from '#libs/telemetry';
import type { Authorizer, Verb } from '../../auth/authorizer.js';
import type { CommitResult, ObjectStore, ObjectWrite, WriteResult } from '../../store/object-store.js';
import { type Call, originOf } from '../request/call.js';
import { checkAllowed } from '../objects/permission.js';
import type { ReferenceCheck } from './reference-check.js';

export interface ClientWrite {
  /** The caller needs each of them on every object that is written: on what is touched, not on what was asked for. */
  readonly needs: readonly Verb[];
  /** Writes beside them that change nothing and only refuse; they need no right. */
  readonly guards?: readonly ObjectWrite[];
  readonly dryRun: boolean;
}

export interface ObjectWriterParts {
  readonly store: ObjectStore;
  readonly authorizer: Authorizer;
  readonly references: Pick<ReferenceCheck, 'warningsOf'>;
  readonly tracer: Tracer;
}

/** What became of the writes, and what they leave without a hold: texts for each of them, in their order. */
export interface ClientCommit extends CommitResult {
  readonly warnings: readonly (readonly string[])[];
}

/** Commits on behalf of a call: who, from where and in which trace goes along with every write. */
export class ObjectWriter {
  readonly #store: ObjectStore;
  readonly #authorizer: Authorizer;
  readonly #references: Pick<ReferenceCheck, 'warningsOf'>;
  readonly #tracer: Tracer;

  constructor({ store, authorizer, references, tracer }: ObjectWriterParts) {
    this.#references = references;
    this.#store = store;
    this.#authorizer = authorizer;
    this.#tracer = tracer;
  }

  async commit(call: Call, writes: readonly ObjectWrite[], options: ClientWrite): Promise<ClientCommit> {
    const { needs, guards = [], dryRun } = options;
    for (const { key, subresource } of writes) {
      const touched = { kind: key.kind, scope: objectScope(key.kind, key.namespace), name: key.name, subresource };
      for (const verb of needs) checkAllowed(this.#authorizer, call, verb, touched);
    }
    const committed = await withSpan(this.#tracer, spanNames.commit, { parent: call.traceParent }, async (span) => {
      const result = await this.#store.commit([...writes, ...guards], originOf(call, span.traceParent), { dryRun });
      span.setAttributes({ [attributeNames.revision]: result.revision });
      return result;
    });
    const changes = writes.map((write, index) => changeOf(write, committed.results[index]));
    return { ...committed, warnings: await this.#references.warningsOf(changes, committed.revision) };
  }
}

/** A status names nothing, and is named by nobody. */
function changeOf({ subresource }: ObjectWrite, result: WriteResult | undefined): ObjectChange {
  if (!result || subresource) return { before: undefined, after: undefined };
  const { type, object, previous } = result;
  if (type === 'UNCHANGED') return { before: object, after: object };
  return type === 'DELETED' ? { before: object, after: undefined } : { before: previous, after: object };
}
