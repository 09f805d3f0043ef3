import { setImmediate as nextTurn } from 'node:timers/promises';
import { AdminError, type AdminRoute, checkQuery, jsonAnswer } from './admin-route.js';
import { showSection, type StateSection } from './state-section.js';

export interface StateRouteOptions {
  /** What there is one of: who this is, what it serves. */
  readonly head: () => object;
  readonly sections: readonly StateSection[];
  /** Gives the event loop its turn. */
  readonly pause?: () => Promise<void>;
}

const DEFAULT_LIMIT = 100;
const MAX_LIMIT = 1_000;

/** `GET /state?provider=&limit=`: what this data plane remembers, and what is taken from it now. */
export function stateRoute({ head, sections, pause = nextTurn }: StateRouteOptions): AdminRoute {
  return {
    method: 'GET',
    path: '/state',
    handle: async ({ query }) => {
      checkQuery(query, ['provider', 'limit']);
      const wanted = { provider: query.get('provider') || undefined, limit: limitOf(query.get('limit')) };
      const shown: Record<string, unknown> = { ...head() };
      for (const section of sections) {
        // One provider's state is asked for: what belongs to none is left out.
        const { total, items } = await showSection(section, wanted, pause);
        shown[section.name] = { total, items };
      }
      return jsonAnswer(shown);
    },
  };
}

function limitOf(text: string | null): number {
  if (text === null) return DEFAULT_LIMIT;
  const limit = /^[0-9]{1,9}$/.test(text) ? Number(text) : 0;
  if (limit < 1 || limit > MAX_LIMIT) throw new AdminError(400, `limit: must be a whole number from 1 to ${MAX_LIMIT}`);
  return limit;
}
