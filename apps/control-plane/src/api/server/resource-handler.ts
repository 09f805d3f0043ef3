import type { FastifyReply } from 'fastify';
import { methodNotAllowed } from '#libs/apimachinery';
import type { Verb } from '../../auth/authorizer.js';
import type { Reader } from '../objects/read.js';
import type { Remover } from '../write/remove.js';
import type { Resetter } from '../objects/reset.js';
import type { ResourceTarget, Subresource } from '../objects/resource-target.js';
import type { Writer } from '../write/write.js';
import type { Answer, Call } from '../request/call.js';
import { booleanOf } from '../request/query.js';
import type { Watcher } from '../watch/watcher.js';
import type { ResourceRoute } from './resource-routes.js';

/** Either an answer, or a response that goes on. */
export type Served = Answer | ((reply: FastifyReply) => void);

/** Which verb a method means on which shape of address; what isn't here is a 405. */
const verbs: Readonly<Record<ResourceRoute['shape'], Readonly<Record<string, Verb>>>> = {
  collection: { GET: 'list', POST: 'create', DELETE: 'deletecollection' },
  allNamespaces: { GET: 'list' },
  object: { GET: 'get', PUT: 'update', PATCH: 'patch', DELETE: 'delete' },
};
/** Of an object's subresources. */
const subresourceVerbs: Readonly<Record<Subresource, Readonly<Record<string, Verb>>>> = {
  status: { GET: 'get', PUT: 'update', PATCH: 'patch' },
  effective: { GET: 'get' },
  reset: { POST: 'create' },
};

export function verbOf(route: ResourceRoute, call: Call): Verb {
  // The HTTP server leaves the body out of the answer to a HEAD.
  const method = call.method === 'HEAD' ? 'GET' : call.method;
  const verb = (route.subresource ? subresourceVerbs[route.subresource] : verbs[route.shape])[method];
  if (verb === undefined) {
    throw methodNotAllowed(`the server does not allow ${call.method} on this address`);
  }
  // An answer without a body has nothing to go on with.
  const reads = (verb === 'get' || verb === 'list') && call.method !== 'HEAD';
  return reads && route.subresource === undefined && booleanOf(call.query, 'watch') ? 'watch' : verb;
}

/** The verbs of all kinds. */
export class ResourceHandler {
  constructor(
    private readonly reader: Reader,
    private readonly writer: Writer,
    private readonly remover: Remover,
    private readonly watcher: Watcher,
    private readonly resetter: Resetter,
  ) {}

  async serve(verb: Verb, call: Call, target: ResourceTarget): Promise<Served> {
    switch (verb) {
      case 'get':
        return this.reader.get(call, target);
      case 'list':
        return this.reader.list(call, target);
      case 'watch': {
        const serve = this.watcher.prepare(call, target);
        return (reply) => {
          reply.hijack();
          void serve(reply.raw);
        };
      }
      case 'create':
        return target.subresource === 'reset' ? this.resetter.reset(call, target) : this.writer.create(call, target);
      case 'update':
        return this.writer.replace(call, target);
      case 'patch':
        return this.writer.patch(call, target);
      case 'delete':
        return this.remover.delete(call, target);
      case 'deletecollection':
        return this.remover.deleteCollection(call, target);
      default:
        throw methodNotAllowed();
    }
  }
}
