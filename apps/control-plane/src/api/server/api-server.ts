import { SpanKind, type Tracer } from '@opentelemetry/api';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { forbidden, methodNotAllowed, noSuchResource, type KindRegistry } from '#libs/apimachinery';
import {
  attributeNames,
  formatTraceParent,
  type Logger,
  type MetricsRegistry,
  newTraceParent,
  parseTraceParent,
  spanNames,
  withSpan,
} from '#libs/telemetry';
import type { Authenticator } from '../../auth/authenticator.js';
import { RefusalLog } from '../../auth/refusal-log.js';
import type { Authorizer } from '../../auth/authorizer.js';
import { checkAllowed } from '../objects/permission.js';
import type { ResourceTarget } from '../objects/resource-target.js';
import type { Call } from '../request/call.js';
import { negotiate } from '../request/media-type.js';
import { includeObjectOf } from '../request/query.js';
import { callOf, pathOf } from './http-call.js';
import { registerProbes } from './probes.js';
import type { Readiness } from './readiness.js';
import { ErrorReplies, sendAnswer } from './reply.js';
import { checkPath, targetOf } from './request-path.js';
import { reviewWhileOpen } from './review.js';
import { type ResourceHandler, type Served, verbOf } from './resource-handler.js';
import { resourceRoutes } from './resource-routes.js';

/** Largest request body. */
export const MAX_BODY_BYTES = 3 * 1024 * 1024;

/** An address that is no resource: `/version`, `/apply`. One entry a method. */
export interface PathRoute {
  readonly method: 'GET' | 'POST';
  readonly pattern: string;
  /** Authorisation: the verb asked for on the path. */
  readonly verb: 'get' | 'create';
  handle(call: Call): Served | Promise<Served>;
}

export interface ApiServerParts {
  readonly registry: KindRegistry;
  readonly authenticator: Authenticator;
  readonly authorizer: Authorizer;
  readonly resources: ResourceHandler;
  readonly paths: readonly PathRoute[];
  readonly readiness: Readiness;
  readonly tracer: Tracer;
  readonly logger: Logger;
  readonly metrics: Pick<MetricsRegistry, 'counter'>;
}

/**
 * `kubectl --as`: whoever asks to be taken for somebody with fewer rights must not be served with their own. Nobody may
 * impersonate here. Throws a 403.
 */
function refuseImpersonation(headers: FastifyRequest['headers']): void {
  const name = Object.keys(headers).find((header) => header.startsWith('impersonate-'));
  if (name === undefined) return;
  throw forbidden(
    `the header ${name.slice(0, 80)} asks for impersonation, which is not served: use a token of that user`,
  );
}

const reading = new Set(['GET', 'HEAD', 'OPTIONS']);

/** What can't be answered isn't done: an error that comes after a write says that nothing was written. Throws a 400 or 406. */
function checkAnswerable({ method, headers, query }: Call): void {
  if (reading.has(method)) return;
  const { table } = negotiate(headers.accept as string | undefined, { tables: true });
  if (table) includeObjectOf(query);
}

/** The admin API on a Fastify instance: raw routes, so that no pipe or parser stands between the bytes and admission. */
export class ApiServer {
  private readonly refusals: RefusalLog;

  constructor(private readonly parts: ApiServerParts) {
    this.refusals = new RefusalLog(parts.authenticator, parts);
  }

  register(instance: FastifyInstance): void {
    registerProbes(instance, this.parts.readiness);
    void instance.register(async (scope) => this.routes(scope));
  }

  private routes(scope: FastifyInstance): void {
    const errors = new ErrorReplies(this.parts.logger);
    scope.removeAllContentTypeParsers();
    scope.addContentTypeParser('*', { parseAs: 'buffer', bodyLimit: MAX_BODY_BYTES }, (_request, body, done) =>
      done(null, body),
    );
    scope.setErrorHandler((error, _request, reply) => errors.send(reply, error));
    const answered = this.parts.metrics.counter(
      'signalbox_api_requests_total',
      'Requests answered by the API, by the status of the answer.',
      ['method', 'code'],
    );
    scope.addHook('onResponse', async ({ method }, { statusCode }) => answered.handle(method, `${statusCode}`).add());
    // Before the body is read: who isn't known can't make us buffer anything.
    scope.addHook('onRequest', async (request) => {
      try {
        request.identity = this.parts.authenticator.authenticate(request.headers.authorization);
      } catch (error) {
        this.refusals.refused(request.raw, pathOf(request.url), error);
        throw error;
      }
      refuseImpersonation(request.headers);
    });

    for (const route of resourceRoutes(this.parts.registry)) {
      this.route(scope, route.pattern, (call, request, reply) => {
        const verb = verbOf(route, call);
        const target = targetOf(route, request.params as { namespace?: string; name?: string });
        checkAllowed(this.parts.authorizer, call, verb, target);
        checkAnswerable(call);
        if (verb === 'watch') this.reviewWatch(request, reply, target);
        return this.parts.resources.serve(verb, call, target);
      });
    }
    for (const pattern of new Set(this.parts.paths.map((route) => route.pattern))) {
      const routes = this.parts.paths.filter((route) => route.pattern === pattern);
      this.route(scope, pattern, (call) => this.servePath(call, routes));
    }
    this.route(scope, '/*', () => {
      throw noSuchResource();
    });
  }

  /** A watch may last a day: with the token as it is then, not as it was. */
  private reviewWatch(request: FastifyRequest, { raw }: FastifyReply, target: ResourceTarget): void {
    const { authenticator, authorizer, logger } = this.parts;
    const check = (): void => {
      const identity = authenticator.authenticate(request.headers.authorization);
      checkAllowed(authorizer, { identity }, 'watch', target);
    };
    reviewWhileOpen(raw, check, { path: pathOf(request.url), logger });
  }

  private servePath(call: Call, routes: readonly PathRoute[]): Served | Promise<Served> {
    const route = routes.find(({ method }) => method === call.method);
    if (!route) throw methodNotAllowed(`the server does not allow ${call.method} on this address`);
    const { verb } = route;
    const verdict = this.parts.authorizer.authorize(call.identity, { type: 'path', verb, path: call.path });
    if (!verdict.allowed) {
      throw forbidden(`User "${call.identity.user}" cannot ${verb} path "${call.path}": ${verdict.reason}`);
    }
    checkAnswerable(call);
    return route.handle(call);
  }

  private route(
    scope: FastifyInstance,
    pattern: string,
    serve: (call: Call, request: FastifyRequest, reply: FastifyReply) => Served | Promise<Served>,
  ): void {
    scope.all(pattern, async (request, reply) => {
      checkPath(pathOf(request.url), { trailingSlash: pattern.endsWith('/') });
      const served = await this.traced(request, reply, pattern, (traceParent) =>
        serve(callOf(request, traceParent), request, reply),
      );
      if (typeof served === 'function') served(reply);
      else sendAnswer(reply, served);
      return reply;
    });
  }

  /** A write is a span of its own, in the caller's trace if it names one; reads are too many and too plain to be traced. */
  private traced<Result>(
    request: FastifyRequest,
    reply: FastifyReply,
    pattern: string,
    work: (traceParent: string) => Result | Promise<Result>,
  ): Result | Promise<Result> {
    const given = request.headers.traceparent;
    const parent = typeof given === 'string' && parseTraceParent(given) ? given : undefined;
    if (reading.has(request.method)) return work(parent ?? formatTraceParent(newTraceParent()));
    const attributes = { [attributeNames.httpMethod]: request.method, [attributeNames.httpRoute]: pattern };
    return withSpan(this.parts.tracer, spanNames.apply, { parent, kind: SpanKind.SERVER, attributes }, (span) => {
      reply.header('x-signalbox-trace-id', span.traceId);
      return work(span.traceParent);
    });
  }
}
