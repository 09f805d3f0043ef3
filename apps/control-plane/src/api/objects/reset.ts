import { z } from 'zod';
import {
  type ApiObject,
  badRequest,
  didYouMean,
  type FieldError,
  invalid,
  isMap,
  type KindDefinition,
  notFound,
  schemaErrors,
} from '#libs/apimachinery';
import type { Action } from '#libs/control-protocol';
import type { AuditEntry } from '../../audit/append-audit.js';
import type { DataPlaneOutcome } from '../../commands/command-outcome.js';
import type { FleetCommands } from '../../commands/fleet-commands.js';
import type { ObjectStore } from '../../store/object-store.js';
import { readBody } from '../request/body.js';
import { answer, type Answer, type Call, originOf } from '../request/call.js';
import { bodyFormat } from '../request/media-type.js';
import { checkParameters, dryRunOf } from '../request/query.js';
import { keyOf, type ResourceTarget } from './resource-target.js';

export interface ResetterOptions {
  readonly store: Pick<ObjectStore, 'get'>;
  readonly commands: Pick<FleetCommands, 'run' | 'dryRun'>;
  readonly newId: () => string;
}

/** What `/reset` was posted: the part whose state is to be forgotten, at every data plane or at one. */
interface ResetSpec {
  readonly part: string;
  readonly dataPlane?: string;
}

/**
 * `POST .../providers/NAME/reset` closes a model's breaker, `POST .../keypools/NAME/reset` ends a key's pause. Nothing is stored
 * of it but a row of the audit; the answer says what came of it at each data plane.
 */
export class Resetter {
  readonly #options: ResetterOptions;

  constructor(options: ResetterOptions) {
    this.#options = options;
  }

  async reset(call: Call, target: ResourceTarget): Promise<Answer> {
    const { store, commands, newId } = this.#options;
    const { kind } = target;
    checkParameters(call.query, ['dryRun', 'fieldManager', 'fieldValidation'], 'a reset');
    const key = keyOf(target);
    const object = await store.get(key);
    if (!object) throw notFound(kind, key.name);
    const { word = '', names = [] } = kind.parts?.(object) ?? {};
    const reset: Reset = { kind, object, word, spec: specOf(call, kind, key.name, word) };
    const { part, dataPlane } = reset.spec;
    if (!names.includes(part)) throw invalid(kind, key.name, [noSuchPart(part, word, names)]);
    const only = dataPlane === undefined ? {} : { dataPlane };
    const outcomes = dryRunOf(call.query)
      ? await commands.dryRun(only)
      : await commands.run({ id: newId(), action: actionOf(reset), ...only }, auditEntry(call, reset));
    return answer(201, documentOf(reset, outcomes));
  }
}

/** What is asked for, and of which object. */
interface Reset {
  readonly kind: KindDefinition;
  readonly object: ApiObject;
  /** `model` or `key`. */
  readonly word: string;
  readonly spec: ResetSpec;
}

function actionOf({ kind, object, spec: { part } }: Reset): Action {
  const { namespace = '', name } = object.metadata;
  return kind.remembered === 'Breaker'
    ? { type: 'ResetBreaker', namespace, provider: name, model: part }
    : { type: 'ResetCooldown', namespace, pool: name, key: part };
}

/** Throws a 400 or 422 that names the field. */
function specOf(call: Call, kind: KindDefinition, name: string, word: string): ResetSpec {
  const value = readBody(call.body, bodyFormat(call.headers['content-type'] as string | undefined));
  if (!isMap(value)) throw badRequest(`the body must be an object such as ${JSON.stringify(example(kind, word))}`);
  const text = z.string().min(1).max(1_024);
  const schema = z.strictObject({
    apiVersion: z.literal('signalbox.dev/v1').optional(),
    kind: z.literal('Reset').optional(),
    metadata: z.strictObject({ name: z.literal(name).optional() }).optional(),
    spec: z.strictObject({ [word]: text, dataPlane: text.optional() }),
  });
  const errors = schemaErrors(schema, value);
  if (errors.length > 0) throw invalid(kind, name, errors);
  const spec = value['spec'] as Record<string, string>;
  return { part: spec[word]!, dataPlane: spec['dataPlane'] };
}

const example = (kind: KindDefinition, word: string) => ({
  apiVersion: 'signalbox.dev/v1',
  kind: 'Reset',
  spec: { [word]: `the name of a ${word} of the ${kind.kind}` },
});

function noSuchPart(part: string, word: string, names: readonly string[]): FieldError {
  const shown = part.slice(0, 80);
  const near = didYouMean(shown, names) || (names.length > 0 ? `; it has ${names.slice(0, 10).join(', ')}` : '');
  return { path: `spec.${word}`, reason: 'NotSupported', message: `it has no ${word} "${shown}"${near}` };
}

function auditEntry(call: Call, { kind, object, word, spec }: Reset): AuditEntry {
  const { user, groups, sourceAddress, userAgent, traceId } = originOf(call);
  const { namespace = '', name, uid = '', generation = 1 } = object.metadata;
  return {
    actor: user,
    actorGroups: groups,
    verb: 'create',
    apiGroup: kind.group,
    kind: kind.kind,
    namespace,
    name,
    subresource: 'reset',
    uid,
    generation,
    changes: [
      { path: `spec.${word}`, after: spec.part },
      ...(spec.dataPlane === undefined ? [] : [{ path: 'spec.dataPlane', after: spec.dataPlane }]),
    ],
    sourceAddress,
    userAgent,
    traceId,
  };
}

function documentOf({ object, word, spec }: Reset, outcomes: readonly DataPlaneOutcome[]) {
  const { namespace, name } = object.metadata;
  const { part, dataPlane } = spec;
  return {
    apiVersion: 'signalbox.dev/v1',
    kind: 'Reset',
    metadata: { namespace, name },
    spec: { [word]: part, ...(dataPlane !== undefined && { dataPlane }) },
    status: {
      dataPlanes: outcomes.map(({ dataPlane: asked, result, message }) => ({
        name: asked,
        result,
        ...(message !== '' && { message }),
      })),
    },
  };
}
