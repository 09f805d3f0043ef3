import { randomInt, randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { type DynamicModule, Module, type Provider } from '@nestjs/common';
import { systemClock } from '#libs/clock';
import { readConfigured } from '#libs/config';
import { type Logger, MetricsRegistry, softwareVersion, type Telemetry } from '#libs/telemetry';
import { AdminServer } from './admin/admin-server.js';
import { explainRoute } from './admin/explain-route.js';
import { OperatorCommands } from './admin/operator-commands.js';
import { plainRoutes } from './admin/plain-routes.js';
import { Probes } from './admin/probes.js';
import { resettableState } from './admin/resettable-state.js';
import { stateRoute } from './admin/state-route.js';
import { stateHead, stateSections } from './admin/state-sections.js';
import type { DataPlaneConfig } from './config/config.js';
import { Credentials } from './credentials/credentials.js';
import { LocalCredentials } from './credentials/local-credentials.js';
import { EnvironmentValues, FileValues } from './credentials/local-values.js';
import { egresses } from './egress/registry.js';
import { Lifecycle } from './lifecycle.js';
import { createRuntime, type Runtime } from './pipeline/runtime.js';
import { systemRandom } from './random.js';
import { AccessLog } from './reporting/access-log.js';
import { Reporter } from './reporting/reporter.js';
import { RequestMetrics } from './reporting/request-metrics.js';
import { requestSpans } from './reporting/request-spans.js';
import { SpanSelection } from './reporting/span-selection.js';
import { stateLog } from './reporting/state-log.js';
import { registerStateMetrics } from './reporting/state-metrics.js';
import { stateSources } from './reporting/state-sources.js';
import { ControlPlaneClient } from './table/control-plane-client.js';
import { CurrentTable } from './table/current-table.js';
import { loadUid } from './table/data-plane-identity.js';
import { PublicationReceiver } from './table/publication-receiver.js';
import { SnapshotFiles } from './table/snapshot-files.js';
import { SnapshotHealth } from './table/snapshot-health.js';
import { StateKeys } from './table/state-keys.js';
import { TableSync } from './table/table-sync.js';
import { Http1Transport } from './upstream/http1/http1-transport.js';

/** Made by main.ts before Nest, so that it outlives it: the last line of a shutdown is logged, its spans are sent. */
export interface ProcessEnvironment {
  readonly config: DataPlaneConfig;
  /** What `env` credentials are read from, within the allowlist. */
  readonly variables: Readonly<Record<string, string | undefined>>;
  readonly logger: Logger;
  readonly telemetry: Telemetry;
  readonly metrics: MetricsRegistry;
}

const RUNTIME = Symbol('Runtime');

/**
 * Nest wires the process together and ends there: the request path gets one Runtime and sees no container. The order
 * below is the data's way: credentials and tables come in, requests use them, reports go out.
 */
@Module({})
export class AppModule {
  static with(environment: ProcessEnvironment): DynamicModule {
    return {
      module: AppModule,
      providers: [
        { provide: MetricsRegistry, useValue: environment.metrics },
        ...configuration(environment),
        ...requests(environment),
        ...operation(environment),
      ],
    };
  }
}

function configuration({ config, variables, logger, telemetry }: ProcessEnvironment): Provider[] {
  const stateDirectory = join(config.stateDirectory, 'data-plane');
  const log = logger.child({ part: 'table' });
  const dialects = egresses.map(({ dialect }) => dialect);
  return [
    {
      provide: CurrentTable,
      useFactory: () =>
        new CurrentTable((err) => log.error({ err }, 'a part of this data plane could not take in the new table')),
    },
    { provide: SnapshotHealth, useFactory: () => new SnapshotHealth(systemClock, log) },
    {
      provide: Credentials,
      useFactory: () => {
        const { environmentPatterns, directory } = config.credentials;
        const environment = new EnvironmentValues(environmentPatterns, variables);
        return new Credentials(new LocalCredentials(environment, new FileValues(directory), systemClock), (err) =>
          log.error({ err }, 'a part of this data plane could not take in changed credentials'),
        );
      },
    },
    {
      provide: PublicationReceiver,
      inject: [CurrentTable, Credentials],
      useFactory: (current: CurrentTable, credentials: Credentials) =>
        new PublicationReceiver({
          current,
          credentials,
          dialects,
          tracer: telemetry.tracer,
          clock: systemClock,
          logger: log,
        }),
    },
    {
      provide: ControlPlaneClient,
      inject: [CurrentTable, Credentials, PublicationReceiver, OperatorCommands, SnapshotHealth],
      useFactory: async (
        current: CurrentTable,
        credentials: Credentials,
        receiver: PublicationReceiver,
        commands: OperatorCommands,
        snapshotHealth: SnapshotHealth,
      ) => {
        const token = () => readConfigured('SIGNALBOX_TOKEN_FILE', config.tokenFile).trim();
        // Read at each connection; once here, so that a wrong path ends the start and not every attempt.
        token();
        return new ControlPlaneClient({
          url: config.controlPlaneUrl,
          token,
          ca: config.caFile && readConfigured('SIGNALBOX_CA_FILE', config.caFile),
          identity: {
            name: config.name,
            uid: await loadUid(stateDirectory, log),
            instance: randomUUID(),
            software: `signalbox/${softwareVersion}`,
          },
          current,
          credentials,
          snapshotHealth,
          receiver,
          commands,
          clock: systemClock,
          random: Math.random,
          logger: log,
        });
      },
    },
    {
      provide: TableSync,
      inject: [CurrentTable, Credentials, ControlPlaneClient, SnapshotHealth],
      useFactory: (
        current: CurrentTable,
        credentials: Credentials,
        client: ControlPlaneClient,
        health: SnapshotHealth,
      ) => {
        const keys = new StateKeys(readConfigured('SIGNALBOX_STATE_KEY_FILE', config.stateKeyFile));
        const files = new SnapshotFiles(stateDirectory, keys);
        return new TableSync({
          current,
          credentials,
          dialects,
          client,
          snapshots: { files, health },
          clock: systemClock,
          logger: log,
        });
      },
    },
  ];
}

function requests({ config, logger, telemetry }: ProcessEnvironment): Provider[] {
  return [
    { provide: Http1Transport, useFactory: () => new Http1Transport(systemClock) },
    {
      provide: RequestMetrics,
      inject: [MetricsRegistry, CurrentTable],
      useFactory: (registry: MetricsRegistry, current: CurrentTable) => {
        const metrics = new RequestMetrics(registry);
        current.onSwap((next) => metrics.swapped(next, systemClock.nowMs()));
        return metrics;
      },
    },
    {
      provide: Reporter,
      inject: [RequestMetrics],
      useFactory: (metrics: RequestMetrics) => {
        const queue = telemetry.spanQueue(requestSpans);
        const spans = queue && { selection: new SpanSelection(config.traceRatio), queue };
        return new Reporter(metrics, new AccessLog(logger.child({ part: 'access' })), spans);
      },
    },
    {
      provide: RUNTIME,
      inject: [CurrentTable, Credentials, Http1Transport, Reporter],
      useFactory: (tables: CurrentTable, credentials: Credentials, transport: Http1Transport, observer: Reporter) =>
        createRuntime({
          clock: systemClock,
          random: systemRandom,
          transport,
          tables,
          credentials,
          observer,
          onStateEvent: stateLog({ logger: logger.child({ part: 'state' }), clock: systemClock }),
          logger: logger.child({ part: 'requests' }),
        }),
    },
  ];
}

function operation({ config, logger }: ProcessEnvironment): Provider[] {
  return [
    {
      provide: Probes,
      inject: [CurrentTable, ControlPlaneClient, SnapshotHealth],
      useFactory: (current: CurrentTable, client: ControlPlaneClient, snapshotHealth: SnapshotHealth) =>
        new Probes({
          hasTable: () => current.current !== undefined,
          controlPlaneConnected: () => client.connected,
          snapshotFailure: () => snapshotHealth.failure?.reason,
        }),
    },
    {
      provide: OperatorCommands,
      inject: [RUNTIME, CurrentTable],
      useFactory: (runtime: Runtime, tables: CurrentTable) =>
        new OperatorCommands({ state: resettableState(runtime), tables, logger: logger.child({ part: 'admin' }) }),
    },
    {
      provide: AdminServer,
      inject: [MetricsRegistry, Probes, RUNTIME, ControlPlaneClient],
      useFactory: (registry: MetricsRegistry, probes: Probes, runtime: Runtime, client: ControlPlaneClient) => {
        const state = stateRoute({
          head: () => stateHead(config.name, runtime, client.connected),
          sections: stateSections(runtime),
        });
        const explain = explainRoute(runtime, () => randomInt(2 ** 32));
        return new AdminServer([...plainRoutes(registry, probes), state, explain], logger.child({ part: 'admin' }));
      },
    },
    {
      provide: Lifecycle,
      inject: [
        RUNTIME,
        TableSync,
        AdminServer,
        Probes,
        MetricsRegistry,
        CurrentTable,
        ControlPlaneClient,
        SnapshotHealth,
      ],
      useFactory: (
        runtime: Runtime,
        tableSync: TableSync,
        admin: AdminServer,
        probes: Probes,
        registry: MetricsRegistry,
        current: CurrentTable,
        client: ControlPlaneClient,
        snapshotHealth: SnapshotHealth,
      ) => {
        registerStateMetrics(
          registry,
          stateSources(runtime, current, {
            controlPlaneConnected: () => client.connected,
            snapshotFailingForMs: () => snapshotHealth.failingForMs,
          }),
        );
        return new Lifecycle({ config, logger, runtime, tableSync, admin, probes });
      },
    },
  ];
}
