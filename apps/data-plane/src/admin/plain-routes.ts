import { EXPOSITION_CONTENT_TYPE, type MetricsRegistry } from '#libs/telemetry';
import { type AdminRoute, TEXT } from './admin-route.js';
import { PROBE_PATHS, type Probes } from './probes.js';

/** What every process of the system serves: metrics and the probes. */
export function plainRoutes(metrics: Pick<MetricsRegistry, 'exposeInTurns'>, probes: Probes): AdminRoute[] {
  return [
    {
      method: 'GET',
      path: '/metrics',
      handle: async () => ({
        status: 200,
        contentType: EXPOSITION_CONTENT_TYPE,
        body: await metrics.exposeInTurns(),
      }),
    },
    ...PROBE_PATHS.map((path): AdminRoute => ({
      method: 'GET',
      path,
      handle: ({ query }) => ({ contentType: TEXT, ...probes.answer(`${path}?${query.toString()}`)! }),
    })),
  ];
}
