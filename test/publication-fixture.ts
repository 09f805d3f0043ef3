import { createServer, type Server } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import type { Tracer } from '@opentelemetry/api';
import { systemClock } from '#libs/clock';
import { unauthorized } from '#libs/apimachinery';
import { STREAM_PATH, type Hello } from '#libs/control-protocol';
import { diffEntries, TableDigest, type Entry } from '#libs/routing-table';
import { createLogger, type Logger, silentTracer } from '#libs/telemetry';
import { Upgrades } from '../apps/control-plane/src/api/server/upgrades.js';
import type { Authenticator } from '../apps/control-plane/src/auth/authenticator.js';
import { BuiltInAuthorizer } from '../apps/control-plane/src/auth/built-in-authorizer.js';
import type { DataPlaneOutcome, FleetCommand } from '../apps/control-plane/src/commands/command-outcome.js';
import {
  PublicationServer,
  type PublicationServerOptions,
} from '../apps/control-plane/src/publication/publication-server.js';
import type { SecretValue } from '../apps/control-plane/src/cache/secret-values.js';
import type { ReportedFacts } from '../apps/control-plane/src/fleet/connection-listener.js';
import { createAuthority, issueServerCertificate } from '../apps/control-plane/src/tls/certificates.js';
import { Credentials } from '../apps/data-plane/src/credentials/credentials.js';
import { LocalCredentials } from '../apps/data-plane/src/credentials/local-credentials.js';
import { EnvironmentValues, FileValues } from '../apps/data-plane/src/credentials/local-values.js';
import type { CommandHandler } from '../apps/data-plane/src/table/command-handler.js';
import { ControlPlaneClient } from '../apps/data-plane/src/table/control-plane-client.js';
import { CurrentTable } from '../apps/data-plane/src/table/current-table.js';
import { PublicationReceiver } from '../apps/data-plane/src/table/publication-receiver.js';
import { SnapshotFiles } from '../apps/data-plane/src/table/snapshot-files.js';
import { SnapshotHealth } from '../apps/data-plane/src/table/snapshot-health.js';
import { StateKeys } from '../apps/data-plane/src/table/state-keys.js';
import { TableSync } from '../apps/data-plane/src/table/table-sync.js';

export { smallTable } from '../apps/data-plane/src/table/testing/entries.js';

export const silent = createLogger({ name: 'test', level: 'silent' });

/** Tokens by group. */
const tokens: Readonly<Record<string, string>> = {
  'data-plane-token': 'signalbox:data-planes',
  'viewer-token': 'signalbox:viewers',
  'admin-token': 'signalbox:admins',
};

const testAuthenticator: Pick<Authenticator, 'authenticate'> = {
  authenticate: (header) => {
    const group = tokens[header?.replace('Bearer ', '') ?? ''];
    if (group === undefined) throw unauthorized('the token is not known');
    return { user: 'test', groups: [group] };
  },
};

/** What the control plane heard, in order, one line each. */
export type Heard = string[];

/** The publication half of a control plane: a real HTTPS server and streams, fed with tables instead of compiles. */
export class TestControlPlane {
  readonly heard: Heard = [];
  readonly secrets = new Map<string, SecretValue>();
  private publication!: PublicationServer;
  private server!: Server;
  private entries: readonly Entry[] = [];
  private revision = 0;
  private readonly sockets = new Set<Socket>();

  private constructor(readonly ca: string) {}

  static async start(options: Partial<PublicationServerOptions> = {}): Promise<TestControlPlane> {
    const authority = await createAuthority(Date.now());
    const { certificate, privateKey } = await issueServerCertificate(authority, ['127.0.0.1'], Date.now());
    const plane = new TestControlPlane(authority.certificate);
    plane.publication = new PublicationServer({
      secretValue: (id) => plane.secrets.get(id),
      connections: { connected: (hello) => plane.listen(hello) },
      tracer: silentTracer,
      clock: systemClock,
      logger: silent,
      countPublication: (type, answer) => plane.heard.push(`${answer} ${type}`),
      ...options,
    });
    plane.server = createServer({ cert: certificate, key: privateKey });
    plane.server.on('connection', (socket: Socket) => plane.sockets.add(socket));
    const upgrades = new Upgrades(testAuthenticator as Authenticator, new BuiltInAuthorizer(), silent);
    upgrades.attach(plane.server);
    upgrades.handle(STREAM_PATH, (...upgrade) => plane.publication.upgrade(...upgrade));
    await new Promise<void>((resolve) => plane.server.listen(0, '127.0.0.1', resolve));
    return plane;
  }

  get url(): string {
    return `https://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  /** As after a compile. `version`: what the control plane claims, if it shall lie. */
  publish(
    entries: readonly Entry[],
    version = TableDigest.of(entries).version,
    traceParents: readonly string[] = [],
  ): string {
    const change = diffEntries(this.entries, entries);
    this.entries = entries;
    this.revision++;
    const { bucketDigests } = TableDigest.of(entries);
    const result = { version, bucketDigests, reset: false, ...change, conditions: new Map() };
    this.publication.publish({ revision: this.revision, result, generations: [], traceParents });
    return version;
  }

  /** The first `count` outcomes, in the order in which they come. */
  command(command: FleetCommand, count: number): Promise<DataPlaneOutcome[]> {
    const outcomes: DataPlaneOutcome[] = [];
    return new Promise((resolve) => {
      this.publication.command(command, (outcome) => {
        if (outcomes.push(outcome) === count) resolve(outcomes);
      });
    });
  }

  /** As a network that breaks. */
  dropConnections(): void {
    for (const socket of this.sockets) socket.destroy();
    this.sockets.clear();
  }

  async stop(): Promise<void> {
    this.publication.stop();
    this.dropConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }

  private listen({ name, version }: Hello) {
    this.heard.push(`hello ${name} ${version ?? 'empty'}`);
    return {
      served: ({ revision }: { revision: number }) => void this.heard.push(`served ${revision}`),
      rejected: ({ reason }: { reason: string }) => void this.heard.push(`rejected ${reason}`),
      reported: ({ unresolvedCredentials, snapshotFailure }: ReportedFacts) => {
        this.heard.push(`unresolved ${unresolvedCredentials.map(({ id }) => id).join()}`);
        this.heard.push(`snapshot ${snapshotFailure?.reason ?? 'ok'}`);
      },
      disconnected: () => void this.heard.push('disconnected'),
    };
  }
}

export interface TestDataPlaneOptions {
  readonly url: string;
  readonly ca: string;
  /** A function: asked at each connection. */
  readonly token?: string | (() => string);
  readonly name?: string;
  readonly uid?: string;
  readonly stateDirectory?: string;
  readonly stateKeys?: string;
  readonly tracer?: Tracer;
  /** Absent: it knows none. */
  readonly commands?: CommandHandler;
  readonly logger?: Logger;
  readonly random?: () => number;
}

const noCommands: CommandHandler = {
  known: [],
  handle: () => {
    throw new Error('a command that it does not know');
  },
};

/** The table half of a data plane. */
export class TestDataPlane {
  readonly current: CurrentTable;
  readonly credentials: Credentials;
  readonly client: ControlPlaneClient;
  private readonly sync: TableSync;

  constructor(options: TestDataPlaneOptions) {
    const { url, ca, token = 'data-plane-token', name = 'plane', uid = 'uid', tracer = silentTracer } = options;
    const { commands = noCommands, logger = silent, stateDirectory, stateKeys } = options;
    const onFault = (err: unknown) => logger.error({ err }, 'a listener threw');
    const local = new LocalCredentials(new EnvironmentValues([], {}), new FileValues(undefined), systemClock);
    const current = (this.current = new CurrentTable(onFault));
    const credentials = (this.credentials = new Credentials(local, onFault));
    const health = new SnapshotHealth(systemClock, logger);
    this.client = new ControlPlaneClient({
      url,
      ca,
      token: typeof token === 'string' ? () => token : token,
      identity: { name, uid, instance: 'instance', software: 'test' },
      current,
      credentials,
      snapshotHealth: health,
      receiver: new PublicationReceiver({
        current,
        credentials,
        dialects: ['OpenAI'],
        tracer,
        clock: systemClock,
        logger,
      }),
      commands,
      clock: systemClock,
      random: options.random ?? Math.random,
      logger,
      reconnect: { baseMs: 20, maxMs: 50 },
    });
    const files = stateDirectory && stateKeys ? new SnapshotFiles(stateDirectory, new StateKeys(stateKeys)) : undefined;
    const snapshots = files && { files, health };
    this.sync = new TableSync({
      current,
      credentials,
      dialects: ['OpenAI'],
      client: this.client,
      snapshots,
      clock: systemClock,
      logger,
    });
  }

  start(): Promise<void> {
    return this.sync.start();
  }

  stop(): Promise<void> {
    return this.sync.stop();
  }
}
