import {
  ApiError,
  type ApiObject,
  apiVersionOf,
  at,
  badRequest,
  didYouMean,
  diffObjects,
  type FieldChange,
  forbidden,
  isDNSLabel,
  isNotFound,
  LAST_APPLIED_ANNOTATION,
  objectScope,
} from '#libs/apimachinery';
import type { Authorizer, Verb } from '../../auth/authorizer.js';
import type { ObjectWrite, WriteResult } from '../../store/object-store.js';
import { namespaceKind } from '../../namespaces/built-in-namespaces.js';
import { isTerminating } from '../../namespaces/contents-finalizer.js';
import { namespaceGuard, refuseTerminating } from '../../namespaces/namespace-guard.js';
import { checkAllowed } from '../objects/permission.js';
import { answer, type Answer, type Call } from '../request/call.js';
import type { Author } from '../write/admit.js';
import { objectWrite, warningsOf, type WriteStep } from '../write/object-write.js';
import type { ObjectWriter } from '../write/object-writer.js';
import type { Strategy } from '../write/proposal.js';
import { checkParameters, dryRunOf, fieldValidationOf, writeParameters } from '../request/query.js';
import type { ConditionPreview } from './preview-conditions.js';
import { type AppliedDocument, readDocuments } from './read-documents.js';

/** "configured" alone would promise that it stays. */
const GOING = 'it is being deleted, and what is applied goes with it: wait until it is gone, then apply it again';
/** Whether it will be one or the other is known under the lock only. */
const applyVerbs: readonly Verb[] = ['create', 'patch'];
const resultWords = { ADDED: 'created', MODIFIED: 'configured', UNCHANGED: 'unchanged', DELETED: 'deleted' } as const;

/**
 * `POST /apply`: many documents, one transaction, all or nothing, in any order. What a document says about its object's
 * content is all there is afterwards (what it leaves out is removed); labels and annotations are merged into what is there.
 */
export class Applier {
  constructor(
    private readonly objects: ObjectWriter,
    private readonly authorizer: Authorizer,
    private readonly preview: ConditionPreview,
    /** Names of those that are there, for what was probably meant. */
    private readonly namespaces: () => Iterable<string>,
  ) {}

  async apply(call: Call): Promise<Answer> {
    checkParameters(call.query, [...writeParameters, 'namespace'], '/apply');
    const dryRun = dryRunOf(call.query);
    const documents = namespacesFirst(
      readDocuments(
        call.body,
        call.headers['content-type'] as string | undefined,
        defaultNamespaceOf(call),
        fieldValidationOf(call.query),
      ),
    );
    for (const document of documents) this.checkDocument(call, document);

    const author = { identity: call.identity, authorizer: this.authorizer };
    const steps = documents.map((document) => stepOf(document, author));
    const filled = new Set(documents.map(({ namespace }) => namespace));
    const writes = documents.map((document, index) => writeOf(document, steps[index]!, filled));
    const {
      results,
      revision,
      warnings: references,
    } = await this.objects.commit(call, writes, {
      needs: applyVerbs,
      guards: guards(documents, this.namespaces),
      dryRun,
    });
    const applied = results.slice(0, documents.length);
    const warnings = applied.map((result, index) => [
      ...(isTerminating(result.object) ? [GOING] : []),
      ...warningsOf(steps[index]!, result),
      ...references[index]!,
    ]);
    const conditions = dryRun
      ? await this.preview.of(
          applied.map(({ object }) => object),
          revision,
        )
      : undefined;
    const body = {
      apiVersion: 'signalbox.dev/v1',
      kind: 'ApplyResult',
      dryRun,
      revision,
      objects: applied.map((result, index) => ({
        ...described(documents[index]!, result),
        warnings: warnings[index],
        ...(conditions && { conditions: conditions[index] }),
      })),
    };
    return answer(
      200,
      body,
      warnings.flatMap((texts, index) => texts.map((text) => `${documents[index]!.place}: ${text}`)),
    );
  }

  private checkDocument(call: Call, { place, kind, namespace, name }: AppliedDocument): void {
    try {
      if (kind.readOnly) throw forbidden(`${kind.kind} objects are written by the control plane only`, kind, name);
      for (const verb of applyVerbs) {
        checkAllowed(this.authorizer, call, verb, { kind, scope: objectScope(kind, namespace), name });
      }
    } catch (error) {
      throw error instanceof ApiError ? at(place, error) : error;
    }
  }
}

function stepOf({ kind, namespace, name, object, warnings }: AppliedDocument, author: Author): WriteStep {
  const strategy: Strategy = (stored) => ({
    object: stored ? merged(object, stored) : object,
    errors: [],
    warnings,
    expected: object.metadata,
  });
  return { target: { kind, scope: objectScope(kind, namespace), name }, name, verb: 'apply', strategy, author };
}

/** The step, with the document's place in whatever it refuses. `filled`: the namespaces that documents are in. */
function writeOf({ kind, name, place }: AppliedDocument, step: WriteStep, filled: ReadonlySet<string>): ObjectWrite {
  const write = objectWrite(step);
  return {
    ...write,
    mutate: (stored) => {
      try {
        if (stored && kind === namespaceKind && filled.has(name)) refuseTerminating(stored);
        return write.mutate(stored);
      } catch (error) {
        throw error instanceof ApiError ? at(place, error) : error;
      }
    },
  };
}

/** `?namespace=` without a value is mostly a variable that isn't set, and then `default` isn't what was meant. */
function defaultNamespaceOf({ query }: Call): string {
  const namespace = query.get('namespace') ?? 'default';
  if (isDNSLabel(namespace)) return namespace;
  throw badRequest('namespace: must be a lower-case DNS label; leave the parameter out for the namespace "default"');
}

/** Namespaces that are not created here must be there already; where one isn't, the documents that want it are named. */
function guards(documents: readonly AppliedDocument[], namespaces: () => Iterable<string>): ObjectWrite[] {
  const applied = new Set(documents.filter(({ kind }) => kind === namespaceKind).map(({ name }) => name));
  const needed = new Map<string, string[]>();
  for (const { namespace, place } of documents) {
    if (namespace === '' || applied.has(namespace)) continue;
    needed.set(namespace, [...(needed.get(namespace) ?? []).slice(0, 1), place]);
  }
  return [...needed].map(([name, [place = '', other]]) => {
    const guard = namespaceGuard(name);
    const mutate: ObjectWrite['mutate'] = (stored) => {
      try {
        return guard.mutate(stored);
      } catch (error) {
        if (!(error instanceof ApiError)) throw error;
        const where = other === undefined ? place : `${place} and others`;
        throw at(where, error, isNotFound(error) ? didYouMean(name, namespaces()) : '');
      }
    };
    return { ...guard, mutate };
  });
}

function merged(document: ApiObject, stored: ApiObject): ApiObject {
  const { labels, annotations, finalizers, ownerReferences } = document.metadata;
  return {
    ...document,
    metadata: {
      ...stored.metadata,
      ...(labels && { labels: { ...stored.metadata.labels, ...labels } }),
      ...(annotations && { annotations: { ...stored.metadata.annotations, ...annotations } }),
      ...(finalizers && { finalizers: [...new Set([...(stored.metadata.finalizers ?? []), ...finalizers])] }),
      ...(ownerReferences !== undefined && {
        ownerReferences: byUID([stored.metadata['ownerReferences'], ownerReferences]),
      }),
    },
  };
}

/** Both lists are as decoding takes them: objects that have a uid. Of two with the same one the later counts. */
function byUID(lists: readonly unknown[]): unknown[] {
  const owners = lists.flatMap((list) => (list ?? []) as readonly { readonly uid: string }[]);
  return [...new Map(owners.map((owner) => [owner.uid, owner])).values()];
}

function described({ kind, namespace, name, place }: AppliedDocument, { type, object, previous }: WriteResult) {
  const { resourceVersion, generation, uid } = object.metadata;
  return {
    apiVersion: apiVersionOf(kind),
    kind: kind.kind,
    ...(namespace !== '' && { namespace }),
    name,
    place,
    result: resultWords[type],
    ...(uid !== undefined && { uid }),
    ...(resourceVersion !== undefined && { resourceVersion }),
    generation,
    changes:
      type === 'UNCHANGED' ? [] : diffObjects(previous && shown(previous), shown(object)).map(changeOf(kind.sensitive)),
  };
}

/** Without what the entry names anyway, and without status, which nobody applies. */
function shown({ apiVersion: _version, kind: _kind, status: _status, metadata, ...content }: ApiObject): object {
  const { name: _name, namespace: _namespace, annotations, ...kept } = metadata;
  const { [LAST_APPLIED_ANNOTATION]: _lastApplied, ...others } = annotations ?? {};
  return { metadata: { ...kept, ...(annotations && { annotations: others }) }, ...content };
}

/** Of a sensitive kind the names of its entries are shown, never their values. */
const changeOf =
  (sensitive = false) =>
  (change: FieldChange): FieldChange => {
    if (!sensitive || !/^data\b/.test(change.path)) return change;
    const { path, before, after } = change;
    return {
      path,
      ...(before !== undefined && { before: '<redacted>' }),
      ...(after !== undefined && { after: '<redacted>' }),
    };
  };

const namespacesFirst = (documents: readonly AppliedDocument[]): AppliedDocument[] =>
  [...documents].sort((left, right) => Number(right.kind === namespaceKind) - Number(left.kind === namespaceKind));
