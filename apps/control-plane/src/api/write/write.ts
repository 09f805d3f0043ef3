import { forbidden } from '#libs/apimachinery';
import type { Authorizer } from '../../auth/authorizer.js';
import { namespaceGuard } from '../../namespaces/namespace-guard.js';
import { objectForm } from '../objects/form.js';
import type { ResourceTarget } from '../objects/resource-target.js';
import { answer, type Answer, type Call } from '../request/call.js';
import { checkParameters, dryRunOf, writeParameters } from '../request/query.js';
import { creation, named } from './create.js';
import { decodeBody } from './decode.js';
import { objectWrite, warningsOf, type WriteStep } from './object-write.js';
import type { ObjectWriter } from './object-writer.js';
import { patchStrategyOf } from './patch-strategies.js';
import type { Strategy } from './proposal.js';
import { replacement } from './replace.js';
import { ofStatus } from './status.js';

/** Verbs that write one object: create, update (replace) and patch, each also for `/status` where it makes sense. */
export class Writer {
  readonly #objects: ObjectWriter;
  readonly #authorizer: Authorizer;
  readonly #nowMs: () => number;
  /** Five characters for `generateName`. */
  readonly #randomSuffix: () => string;

  constructor(objects: ObjectWriter, authorizer: Authorizer, nowMs: () => number, randomSuffix: () => string) {
    this.#objects = objects;
    this.#authorizer = authorizer;
    this.#nowMs = nowMs;
    this.#randomSuffix = randomSuffix;
  }

  async create(call: Call, target: ResourceTarget): Promise<Answer> {
    refuseReadOnly(target);
    const decoded = decodeBody(call, target.kind);
    const object = named(decoded.object, this.#randomSuffix);
    const strategy = creation(target.kind, { ...decoded, object });
    return this.#write(call, { target, name: object.metadata.name, verb: 'create', strategy }, 201);
  }

  async replace(call: Call, target: ResourceTarget): Promise<Answer> {
    return this.#change(call, target, 'update', replacement(decodeBody(call, target.kind), target.name!));
  }

  async patch(call: Call, target: ResourceTarget): Promise<Answer> {
    return this.#change(call, target, 'patch', patchStrategyOf(call, target.kind));
  }

  #change(call: Call, target: ResourceTarget, verb: 'update' | 'patch', strategy: Strategy): Promise<Answer> {
    const isStatus = target.subresource === 'status';
    if (!isStatus) refuseReadOnly(target);
    const chosen = isStatus ? ofStatus(target.kind, strategy, call) : strategy;
    return this.#write(call, { target, name: target.name!, verb, strategy: chosen }, 200);
  }

  async #write(call: Call, wanted: Omit<WriteStep, 'author'> & { verb: 'create' | 'update' | 'patch' }, code: number) {
    checkParameters(call.query, writeParameters, 'a write');
    const step = { ...wanted, author: { identity: call.identity, authorizer: this.#authorizer } };
    const { kind, scope } = step.target;
    const { results, warnings } = await this.#objects.commit(call, [objectWrite(step)], {
      needs: [wanted.verb],
      guards: wanted.verb === 'create' && scope.type === 'Namespace' ? [namespaceGuard(scope.namespace)] : [],
      dryRun: dryRunOf(call.query),
    });
    const [result] = results;
    const shown = objectForm(call, kind, result!.object, this.#nowMs());
    return answer(code, shown, [...warningsOf(step, result!), ...warnings.flat()]);
  }
}

function refuseReadOnly({ kind, name = '' }: ResourceTarget): void {
  if (kind.readOnly) throw forbidden(`${kind.kind} objects are written by the control plane only`, kind, name);
}
