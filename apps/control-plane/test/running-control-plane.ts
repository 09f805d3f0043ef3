import { createHash, randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Agent, fetch, type Response } from 'undici';
import { createLogger, MetricsRegistry, startTelemetry, type Telemetry } from '#libs/telemetry';
import type { ApiObject } from '#libs/apimachinery';
import { readConfig } from '../src/config/config.js';
import { ControlPlane } from '../src/control-plane.js';
import { createEmptyDatabase } from './test-database.js';

/** A stranger's token is known, its group means nothing. */
export type Role = 'admin' | 'editor' | 'viewer' | 'data-plane' | 'stranger';
const roles: readonly Role[] = ['admin', 'editor', 'viewer', 'data-plane', 'stranger'];

/** An object, list, Status or other document of the API: whichever members it has. */
export interface AnswerBody extends ApiObject {
  readonly message: string;
  readonly reason: string;
  readonly items: AnswerBody[];
  readonly objects: Record<string, unknown>[];
  readonly details: { readonly causes: { readonly field: string; readonly message: string }[]; readonly uid?: string };
}

export interface RequestOptions {
  readonly method?: string;
  /** An object is sent as JSON. */
  readonly body?: unknown;
  readonly headers?: Record<string, string>;
  /** Whose token; `null`: none. */
  readonly as?: Role | null;
  readonly signal?: AbortSignal;
}

/** A whole control plane in this process, on a database of its own, behind real TLS. */
export class RunningControlPlane {
  readonly directory = mkdtempSync(join(tmpdir(), 'signalbox-control-plane-'));
  readonly tokens = Object.fromEntries(roles.map((role) => [role, randomBytes(24).toString('base64url')])) as Record<
    Role,
    string
  >;
  /** The lines that it logs. */
  readonly logged: Record<string, unknown>[] = [];
  private database!: { url: string; drop(): Promise<void> };
  private routedUrl!: string;
  private telemetry!: Telemetry;
  private controlPlane!: ControlPlane;
  private agent!: Agent;

  /** `route` may lead the database's URL through something that a test can cut. */
  static async start(route: (url: string) => string | Promise<string> = (url) => url): Promise<RunningControlPlane> {
    const running = new RunningControlPlane();
    running.database = await createEmptyDatabase();
    running.routedUrl = await route(running.database.url);
    await running.boot();
    return running;
  }

  /** Another one on the same database, with the same keys and tokens. Stop it before this one. */
  async startReplica(): Promise<RunningControlPlane> {
    const replica = new RunningControlPlane();
    Object.assign(replica.tokens, this.tokens);
    replica.masterKey = this.masterKey;
    replica.database = { url: this.database.url, drop: async () => {} };
    replica.routedUrl = this.database.url;
    await replica.boot();
    return replica;
  }

  get url(): string {
    return this.controlPlane.url;
  }

  get caCertificate(): string {
    return this.controlPlane.caCertificate;
  }

  /** Stops and starts it on the same database and state directory. */
  async restart(): Promise<void> {
    await this.halt();
    await this.boot();
  }

  async stop(): Promise<void> {
    await this.halt();
    await this.database.drop();
    rmSync(this.directory, { recursive: true });
  }

  fetch(
    path: string,
    { method = 'GET', body, headers = {}, as = 'admin', signal }: RequestOptions = {},
  ): Promise<Response> {
    const isText = typeof body === 'string' || Buffer.isBuffer(body);
    return fetch(`${this.url}${path}`, {
      method,
      dispatcher: this.agent,
      signal,
      headers: {
        ...(as !== null && { authorization: `Bearer ${this.tokens[as]}` }),
        ...(body !== undefined && !isText && { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(body !== undefined && { body: isText ? (body as string) : JSON.stringify(body) }),
    });
  }

  /** Status and JSON body. */
  async call(
    path: string,
    options?: RequestOptions,
  ): Promise<{ status: number; body: AnswerBody; headers: Response['headers'] }> {
    const response = await this.fetch(path, options);
    const text = await response.text();
    return { status: response.status, body: JSON.parse(text) as AnswerBody, headers: response.headers };
  }

  private async boot(): Promise<void> {
    const file = (name: string, content: string): string => {
      const path = join(this.directory, name);
      writeFileSync(path, content, { mode: 0o600 });
      return path;
    };
    const tokens = roles.map((role) => ({
      name: role,
      user: role,
      groups: [`signalbox:${role}s`],
      sha256: createHash('sha256').update(this.tokens[role]).digest('hex'),
    }));
    this.masterKey ??= randomBytes(32).toString('base64');
    file('admin.token', this.tokens.admin);
    const config = readConfig({
      SIGNALBOX_DATABASE_URL: this.routedUrl,
      SIGNALBOX_CONTROL_PORT: '0',
      SIGNALBOX_TOKENS_FILE: file('tokens.yaml', JSON.stringify({ tokens })),
      SIGNALBOX_MASTER_KEY_FILE: file('master.key', this.masterKey),
      SIGNALBOX_STATE_DIR: this.directory,
      SIGNALBOX_LOG_LEVEL: process.env['SIGNALBOX_TEST_LOG_LEVEL'] ?? 'info',
    });
    const write = (line: string): void => {
      this.logged.push(JSON.parse(line) as Record<string, unknown>);
      if (process.env['SIGNALBOX_TEST_LOG_LEVEL']) process.stderr.write(line);
    };
    const logger = createLogger({ name: 'signalbox-control-plane', level: config.logLevel, destination: { write } });
    const metrics = new MetricsRegistry();
    this.telemetry = await startTelemetry({
      serviceName: 'control-plane',
      version: '0.0.0',
      instanceId: 'test',
      ratio: 0,
      log: logger,
      metrics,
      export: false,
    });
    this.controlPlane = await ControlPlane.start({ config, logger, telemetry: this.telemetry, metrics });
    this.agent = new Agent({ connect: { ca: this.controlPlane.caCertificate } });
  }

  private masterKey: string | undefined;

  private async halt(): Promise<void> {
    await this.controlPlane.stop(2_000);
    await this.telemetry.shutdown(1_000);
    await this.agent.destroy();
  }
}

/** The smallest Provider. */
export const provider = (name: string, spec: object = {}, metadata: object = {}): ApiObject => ({
  apiVersion: 'signalbox.dev/v1',
  kind: 'Provider',
  metadata: { name, ...metadata },
  spec: { type: 'OpenAICompatible', baseURL: 'https://api.example.com/v1', models: [{ name: 'm' }], ...spec },
});

export const PROVIDERS = '/apis/signalbox.dev/v1/namespaces/default/providers';

/** No controller writes to a Secret, so its revisions are a test's own. */
export const secret = (name: string, data: object = {}, metadata: object = {}): ApiObject => ({
  apiVersion: 'v1',
  kind: 'Secret',
  metadata: { name, ...metadata },
  ...data,
});

export const SECRETS = '/api/v1/namespaces/default/secrets';
