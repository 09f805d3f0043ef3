import type { Runtime } from '../pipeline/runtime.js';
import { type AdminRoute, checkQuery, jsonAnswer } from './admin-route.js';
import { readExplainRequest } from './explain-request.js';
import { explanationOf } from './explanation.js';

/** `POST /explain`: which way a request would take now, and why. `newSeed`: 32 random bits, of no request's. */
export function explainRoute(runtime: Runtime, newSeed: () => number): AdminRoute {
  return {
    method: 'POST',
    path: '/explain',
    handle: ({ query, body }) => {
      checkQuery(query, []);
      const asked = readExplainRequest(body);
      return jsonAnswer(explanationOf(runtime, asked, asked.seed ?? newSeed()));
    },
  };
}
