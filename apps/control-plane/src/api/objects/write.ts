import {
  alreadyExists,
  type ApiObject,
  applyMergePatch,
  badRequest,
  conflict,
  type Decoded,
  decodeObject,
  type FieldError,
  forbidden,
  invalid,
  isMap,
  notFound,
  unsupportedMediaType,
} from '#libs/apimachinery';
import type { Authorizer } from '../../auth/authorizer.js';
import type { ObjectWrite, WriteResult } from '../../store/object-store.js';
import { readBody } from '../request/body.js';
import { answer, type Answer, type Call } from '../request/call.js';
import { bodyFormat, parseMediaType } from '../request/media-type.js';
import { dryRunOf, fieldValidationOf } from '../request/query.js';
import { namespaceKind } from '../../namespaces/built-in-namespaces.js';
import { keepingContentsFinalizer, withContentsFinalizer } from '../../namespaces/contents-finalizer.js';
import { namespaceGuard } from '../../namespaces/namespace-guard.js';
import { admit } from './admission.js';
import { objectForm } from './form.js';
import type { ObjectWriter } from './object-writer.js';
import { keyOf, type ResourceTarget } from './resource-target.js';

/** Verbs that write one object: create, update (replace) and patch, each also for `/status` where it makes sense. */
export class Writer {
  constructor(
    private readonly objects: ObjectWriter,
    private readonly authorizer: Authorizer,
    private readonly nowMs: () => number,
    /** Five characters for `generateName`. */
    private readonly randomSuffix: () => string,
  ) {}

  async create(call: Call, target: ResourceTarget): Promise<Answer> {
    refuseReadOnly(target);
    const { object, errors, warnings } = decoded(call, target);
    if (object.metadata.resourceVersion) {
      throw badRequest('metadata.resourceVersion: must not be set on an object to be created; leave it out');
    }
    const named = this.named(object);
    const name = named.metadata.name;
    const admitted: string[] = [];
    const write: ObjectWrite = {
      key: keyOf(target, name),
      verb: 'create',
      mutate: (stored) => {
        if (stored) throw alreadyExists(target.kind, name);
        const { object: next, warnings: found } = admit(
          target.kind,
          inNamespace(named, target),
          undefined,
          errors,
          call.identity,
          this.authorizer,
        );
        admitted.splice(0, Infinity, ...found);
        return target.kind === namespaceKind ? withContentsFinalizer(next) : next;
      },
    };
    const { results } = await this.objects.commit(call, [write], {
      needs: ['create'],
      guards: target.scope.type === 'Namespace' ? [namespaceGuard(target.scope.namespace)] : [],
      dryRun: dryRunOf(call.query),
    });
    return this.written(call, target, results[0]!, 201, [...warnings, ...admitted]);
  }

  replace(call: Call, target: ResourceTarget): Promise<Answer> {
    const { object, errors, warnings } = decoded(call, target);
    const { name } = object.metadata;
    if (name !== target.name) throw badRequest(`metadata.name: must be "${target.name}", as in the address`);
    return this.update(call, target, 'update', warnings, (stored) => ({
      object: mergedStatus(target, stored, object),
      errors: [...errors, ...missingRevision(object)],
      expect: object,
    }));
  }

  patch(call: Call, target: ResourceTarget): Promise<Answer> {
    checkPatchType(call, target);
    const patch = readBody(call.body, 'json');
    if (!isMap(patch)) throw badRequest('a merge patch must be a JSON object');
    refuseDirectives(patch, '');
    const validation = fieldValidationOf(call.query);
    const warnings: string[] = [];
    return this.update(call, target, 'patch', warnings, (stored) => {
      const patched = applyMergePatch(stored, patch) as ApiObject;
      const result = withMetadata(target, decodeObject(target.kind, patched, validation));
      warnings.splice(0, Infinity, ...result.warnings);
      const expect = { metadata: isMap(patch.metadata) ? patch.metadata : {} };
      return { object: mergedStatus(target, stored, result.object), errors: result.errors, expect };
    });
  }

  /** `next` runs under the object's lock, maybe more than once. */
  private async update(
    call: Call,
    target: ResourceTarget,
    verb: 'update' | 'patch',
    warnings: readonly string[],
    next: (stored: ApiObject) => {
      object: ApiObject;
      errors: FieldError[];
      expect: { metadata: Readonly<Record<string, unknown>> };
    },
  ): Promise<Answer> {
    if (target.subresource !== 'status') refuseReadOnly(target);
    const admitted: string[] = [];
    const write: ObjectWrite = {
      key: keyOf(target),
      verb,
      ...(target.subresource === 'status' && { subresource: 'status' as const }),
      mutate: (stored) => {
        if (!stored) throw notFound(target.kind, target.name!);
        const { object, errors, expect } = next(stored);
        checkPreconditions(target, stored, expect.metadata);
        if (target.subresource === 'status') {
          if (errors.length > 0) throw invalid(target.kind, target.name!, errors);
          return object;
        }
        const result = admit(target.kind, inNamespace(object, target), stored, errors, call.identity, this.authorizer);
        admitted.splice(0, Infinity, ...result.warnings);
        return target.kind === namespaceKind ? keepingContentsFinalizer(result.object, stored) : result.object;
      },
    };
    const { results } = await this.objects.commit(call, [write], { needs: [verb], dryRun: dryRunOf(call.query) });
    return this.written(call, target, results[0]!, 200, [...warnings, ...admitted]);
  }

  private written(call: Call, target: ResourceTarget, result: WriteResult, code: number, warnings: string[]): Answer {
    return answer(code, objectForm(call, target.kind, result.object, this.nowMs()), warnings);
  }

  private named(object: ApiObject): ApiObject {
    const { name, generateName } = object.metadata;
    if (name || !generateName) return object;
    return { ...object, metadata: { ...object.metadata, name: `${generateName.slice(0, 248)}${this.randomSuffix()}` } };
  }
}

/** Decodes a body and the namespace it must be in. */
function decoded(call: Call, target: ResourceTarget): Decoded {
  const value = readBody(call.body, bodyFormat(call.headers['content-type'] as string | undefined));
  return withMetadata(target, decodeObject(target.kind, value, fieldValidationOf(call.query)));
}

/** Malformed metadata is refused at once: everything after this looks the object up by it. */
function withMetadata({ kind }: ResourceTarget, decoded: Decoded): Decoded {
  if (!decoded.errors.some((error) => /^metadata\b/.test(error.path))) return decoded;
  const metadata: unknown = decoded.object.metadata;
  const name = isMap(metadata) && typeof metadata.name === 'string' ? metadata.name : '';
  throw invalid(kind, name, decoded.errors);
}

/** A namespace in the body must be the address's; an absent one is filled in. */
function inNamespace(object: ApiObject, { scope }: ResourceTarget): ApiObject {
  if (scope.type !== 'Namespace') return object;
  const { namespace } = scope;
  const given = object.metadata.namespace;
  if (given !== undefined && given !== '' && given !== namespace) {
    throw badRequest(`metadata.namespace: must be "${namespace}", as in the address`);
  }
  return { ...object, metadata: { ...object.metadata, namespace } };
}

/** A replacement says which state it replaces. */
function missingRevision({ metadata }: ApiObject): FieldError[] {
  if (metadata.resourceVersion !== undefined) return [];
  const message = 'must be specified for an update: send the object as it was read';
  return [{ path: 'metadata.resourceVersion', reason: 'Invalid', message }];
}

/** `/status` takes the status alone, the object's own address all but the status. */
function mergedStatus({ subresource }: ResourceTarget, stored: ApiObject, next: ApiObject): ApiObject {
  return subresource === 'status' ? { ...stored, status: next.status } : next;
}

function checkPreconditions(
  { kind, name = '' }: ResourceTarget,
  stored: ApiObject,
  expected: Readonly<Record<string, unknown>>,
): void {
  if (typeof expected.uid === 'string' && expected.uid !== '' && expected.uid !== stored.metadata.uid) {
    throw conflict(kind, name, 'the uid in the request is not that of the object: it was deleted and created anew');
  }
  if (
    expected.resourceVersion !== undefined &&
    expected.resourceVersion !== null &&
    expected.resourceVersion !== stored.metadata.resourceVersion
  ) {
    throw conflict(kind, name);
  }
}

function refuseReadOnly({ kind, name = '' }: ResourceTarget): void {
  if (kind.readOnly) throw forbidden(`${kind.kind} objects are written by the control plane only`, kind, name);
}

/** A strategic merge patch is a merge patch with directives; kubectl sends it for Secrets and Namespaces. */
function checkPatchType(call: Call, { kind }: ResourceTarget): void {
  const { name } = parseMediaType((call.headers['content-type'] as string | undefined) ?? '');
  if (name === 'application/merge-patch+json') return;
  if (name === 'application/strategic-merge-patch+json' && kind.group === '') return;
  throw unsupportedMediaType('the body of a PATCH must be application/merge-patch+json (kubectl patch --type=merge)');
}

function refuseDirectives(patch: Record<string, unknown>, path: string): void {
  for (const [key, value] of Object.entries(patch)) {
    if (key.startsWith('$')) throw badRequest(`${path}${key}: patch directives are not served; send a merge patch`);
    if (isMap(value)) refuseDirectives(value, `${path}${key}.`);
  }
}
