import { createHash, randomBytes } from 'node:crypto';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { AdminClient } from './admin-client.js';
import { checkout, freePorts, ManagedProcess } from './managed-process.js';

export interface StackOptions {
  /** An empty database of its own; migrations run at boot. */
  readonly databaseUrl: string;
  /** Environment for every process, such as `OTEL_EXPORTER_OTLP_ENDPOINT`. */
  readonly environment?: Record<string, string>;
  /** Default 1. */
  readonly dataPlanes?: number;
  /** Environment by data plane, over `environment`. */
  readonly dataPlaneEnvironments?: readonly Record<string, string>[];
}

export interface DataPlaneProcess {
  readonly process: ManagedProcess;
  readonly origin: string;
  readonly adminOrigin: string;
  readonly port: number;
}

/**
 * The planes and the simulator as they run in production: one process each, started from `dist`, on free ports, with
 * tokens and keys of their own in a folder that `stop` removes.
 */
export class Stack {
  readonly controlPlane: ManagedProcess;
  readonly simulator: ManagedProcess;
  readonly dataPlanes: DataPlaneProcess[];
  readonly simulatorOrigin: string;
  readonly controlOrigin: string;
  /** An API key for the consumer that `demoConsumer` declares. */
  readonly consumerKey = `sbx_${randomBytes(24).toString('hex')}`;
  readonly tokenFiles: Readonly<Record<keyof Stack['tokens'], string>>;
  readonly tokens = { admin: token(), dataPlane: token(), viewer: token(), editor: token() };
  private connectedAdmin: AdminClient | undefined;

  static async start(options: StackOptions): Promise<Stack> {
    const dataPlanes = options.dataPlanes ?? 1;
    const ports = await freePorts(2 + dataPlanes * 2);
    const stack = new Stack(mkdtempSync(join(tmpdir(), 'signalbox-stack-')), ports, options);
    try {
      await Promise.all([stack.startSimulator(), stack.startControlPlane()]);
      await Promise.all(stack.dataPlanes.map((dataPlane) => stack.startDataPlane(dataPlane, '/livez')));
    } catch (error) {
      await stack.stop();
      throw error;
    }
    return stack;
  }

  private constructor(
    readonly directory: string,
    ports: readonly number[],
    options: StackOptions,
  ) {
    const [simulatorPort = 0, controlPort = 0, ...dataPorts] = ports;
    this.simulatorOrigin = `http://127.0.0.1:${simulatorPort}`;
    this.controlOrigin = `https://127.0.0.1:${controlPort}`;
    const file = (name: string, content: string): string => {
      writeFileSync(join(directory, name), content, { mode: 0o600 });
      return join(directory, name);
    };
    const secretKey = () => `${randomBytes(32).toString('base64')}\n`;
    const tokensFile = file('tokens.yaml', tokensYaml(this.tokens));
    const masterKeyFile = file('master.key', secretKey());
    const stateKeyFile = file('state.key', secretKey());
    this.tokenFiles = {
      admin: file('admin.token', this.tokens.admin),
      dataPlane: file('data-plane.token', this.tokens.dataPlane),
      viewer: file('viewer.token', this.tokens.viewer),
      editor: file('editor.token', this.tokens.editor),
    };
    const common = { SIGNALBOX_LOG_LEVEL: 'info', ...options.environment };
    const plane = (name: string, environment: Record<string, string>) =>
      new ManagedProcess(
        name,
        [process.execPath, join(checkout, `dist/apps/${name}/src/main.js`)],
        { ...common, ...environment },
        directory,
      );

    this.simulator = plane('simulator', { SIGNALBOX_SIMULATOR_PORT: String(simulatorPort) });
    this.controlPlane = plane('control-plane', {
      SIGNALBOX_DATABASE_URL: options.databaseUrl,
      SIGNALBOX_CONTROL_PORT: String(controlPort),
      SIGNALBOX_TOKENS_FILE: tokensFile,
      SIGNALBOX_MASTER_KEY_FILE: masterKeyFile,
      SIGNALBOX_STATE_DIR: directory,
    });
    this.dataPlanes = Array.from({ length: dataPorts.length / 2 }, (_, index) => {
      const [port = 0, adminPort = 0] = dataPorts.slice(index * 2);
      const stateDirectory = join(directory, `data-plane-${index}`);
      mkdirSync(stateDirectory, { mode: 0o700 });
      return {
        port,
        origin: `http://127.0.0.1:${port}`,
        adminOrigin: `http://127.0.0.1:${adminPort}`,
        process: plane('data-plane', {
          SIGNALBOX_CONTROL_PLANE_URL: this.controlOrigin,
          SIGNALBOX_CA_FILE: join(directory, 'ca.crt'),
          SIGNALBOX_TOKEN_FILE: this.tokenFiles.dataPlane,
          SIGNALBOX_STATE_KEY_FILE: stateKeyFile,
          SIGNALBOX_STATE_DIR: stateDirectory,
          SIGNALBOX_DATA_PLANE_NAME: `data-plane-${index}`,
          SIGNALBOX_DATA_PORT: String(port),
          SIGNALBOX_DATA_ADMIN_PORT: String(adminPort),
          ...options.dataPlaneEnvironments?.[index],
        }),
      };
    });
  }

  /** The first data plane's client-facing origin. */
  get dataOrigin(): string {
    return this.dataPlanes[0]?.origin ?? '';
  }

  get admin(): AdminClient {
    this.connectedAdmin ??= this.adminWith(this.tokens.admin);
    return this.connectedAdmin;
  }

  adminWith(bearer: string): AdminClient {
    return new AdminClient(this.controlOrigin, bearer, readFileSync(join(this.directory, 'ca.crt'), 'utf8'));
  }

  async startSimulator(): Promise<void> {
    this.simulator.start();
    await this.simulator.untilReady(() => answers(`${this.simulatorOrigin}/livez`));
  }

  async startControlPlane(): Promise<void> {
    this.controlPlane.start();
    await this.controlPlane.untilReady(async () => (await this.admin.request('/readyz')).status === 200);
  }

  async startDataPlane(dataPlane: DataPlaneProcess, probe: '/livez' | '/readyz' = '/readyz'): Promise<void> {
    dataPlane.process.start();
    await dataPlane.process.untilReady(() => answers(`${dataPlane.adminOrigin}${probe}`));
  }

  /** Resolves once every data plane serves at least this revision to a real request or probe. */
  async untilServed(revision: number, deadlineMs = 15_000): Promise<void> {
    const endsAtMs = Date.now() + deadlineMs;
    for (const dataPlane of this.dataPlanes) {
      while ((await servedRevision(dataPlane.origin, this.consumerKey)) < revision) {
        if (Date.now() > endsAtMs)
          throw new Error(`revision ${revision} is not served:\n${dataPlane.process.output.slice(-2_000)}`);
        await new Promise((resolve) => setTimeout(resolve, 10));
      }
    }
  }

  async simulate(provider: string, behaviour: object): Promise<void> {
    const response = await fetch(`${this.simulatorOrigin}/_control/providers/${provider}`, {
      method: 'PUT',
      body: JSON.stringify(behaviour),
    });
    if (!response.ok) throw new Error(`simulator: ${await response.text()}`);
  }

  /** Ends every process; resolves when all are gone. */
  async stop(): Promise<void> {
    const processes = [...this.dataPlanes.map((dataPlane) => dataPlane.process), this.controlPlane, this.simulator];
    await Promise.all(processes.map((process) => process.end('SIGKILL')));
    await this.connectedAdmin?.close();
    rmSync(this.directory, { recursive: true, force: true });
  }
}

async function answers(url: string): Promise<boolean> {
  return (await fetch(url)).status === 200;
}

async function servedRevision(origin: string, consumerKey: string): Promise<number> {
  try {
    const response = await fetch(`${origin}/v1/models`, { headers: { authorization: `Bearer ${consumerKey}` } });
    await response.arrayBuffer();
    return Number(response.headers.get('x-signalbox-revision') ?? -1);
  } catch {
    return -1;
  }
}

function token(): string {
  return randomBytes(24).toString('base64url');
}

function tokensYaml(tokens: Stack['tokens']): string {
  const line = (name: string, group: string, value: string) =>
    `  - {name: ${name}, user: ${name}, groups: ['signalbox:${group}'], sha256: ${createHash('sha256').update(value).digest('hex')}}`;
  return [
    'tokens:',
    line('admin', 'admins', tokens.admin),
    line('data-plane', 'data-planes', tokens.dataPlane),
    line('viewer', 'viewers', tokens.viewer),
    line('editor', 'editors', tokens.editor),
    '',
  ].join('\n');
}
