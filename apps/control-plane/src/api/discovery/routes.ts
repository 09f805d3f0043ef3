import { type KindRegistry, noSuchResource } from '#libs/apimachinery';
import { answer, type Answer, type Call } from '../request/call.js';
import { parseMediaType } from '../request/media-type.js';
import type { PathRoute } from '../server/api-server.js';
import { AGGREGATED, Discovery } from './discovery.js';
import { OpenAPI } from './openapi.js';
import { openAPIV2 } from './openapi-v2.js';
import { versionInfo } from './version.js';

/**
 * What a client reads before anything else: versions, groups, kinds, schemas. Some clients write a slash at the end; these
 * addresses take it, as nothing can be meant by it.
 */
export function discoveryRoutes(registry: KindRegistry): PathRoute[] {
  const [discovery, openAPI] = [new Discovery(registry), new OpenAPI(registry)];
  const routes: PathRoute[] = [
    get('/version', () => versionInfo),
    {
      method: 'GET',
      pattern: '/api',
      verb: 'get',
      handle: (call) => discoveryForm(call, (form) => discovery.aggregated(true, form), discovery.apiVersions()),
    },
    {
      method: 'GET',
      pattern: '/apis',
      verb: 'get',
      handle: (call) => discoveryForm(call, (form) => discovery.aggregated(false, form), discovery.groupList()),
    },
    get('/api/:version', ([, , version = '']) => discovery.resourceList('', version)),
    get('/apis/:group', ([, , group = '']) => discovery.group(group)),
    get('/apis/:group/:version', ([, , group = '', version = '']) => discovery.resourceList(group, version)),
    get('/openapi/v3', () => openAPI.index),
    { method: 'GET', pattern: '/openapi/v2', verb: 'get', handle: openAPIV2 },
  ];
  return [...routes, ...routes.map((route) => ({ ...route, pattern: `${route.pattern}/` })), openAPIDocuments(openAPI)];
}

function openAPIDocuments(openAPI: OpenAPI): PathRoute {
  return {
    method: 'GET',
    pattern: '/openapi/v3/*',
    verb: 'get',
    handle: (call) => {
      const text = openAPI.documentText(call.path.slice('/openapi/v3/'.length));
      if (text === undefined) throw noSuchResource();
      return { code: 200, body: text, contentType: 'application/json' };
    },
  };
}

/** `document` gets the path's segments, the empty one before the first slash included. */
function get(pattern: string, document: (segments: string[]) => object | undefined): PathRoute {
  return {
    method: 'GET',
    pattern,
    verb: 'get',
    handle: (call) => {
      const body = document(call.path.split('/'));
      if (!body) throw noSuchResource();
      return answer(200, body);
    },
  };
}

/** The aggregated form under the media type that the client asked for, which it wants to see echoed; else the legacy form. */
function discoveryForm(call: Call, aggregated: (form: string) => object, legacy: object): Answer {
  for (const entry of String(call.headers.accept ?? '').split(',')) {
    const { name, parameters } = parseMediaType(entry);
    const version = AGGREGATED.versions.find((known) => known === parameters.v);
    if (name !== 'application/json' || parameters.g !== AGGREGATED.g || parameters.as !== AGGREGATED.as || !version)
      continue;
    return {
      code: 200,
      body: JSON.stringify(aggregated(version)),
      contentType: `application/json;g=${AGGREGATED.g};v=${version};as=${AGGREGATED.as}`,
    };
  }
  return answer(200, legacy);
}
