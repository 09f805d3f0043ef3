import { setTimeout as sleep } from 'node:timers/promises';
import type { UpConfig } from '../config/config.js';
import type { LogView } from './log-view.js';
import { planeEnvironment } from './plane-environments.js';
import { describeEnd, PlaneProcess } from './plane-process.js';
import type { PlaneName } from './plane-process.js';
import { EmbeddedPostgres } from './postgres/embedded-postgres.js';
import { probe, untilReady } from './probe.js';
import type { Progress } from './progress.js';
import type { Endpoints, StateDirectory } from '../state-directory.js';
import { SupervisedProgram } from './supervised-program.js';
import type { Program, RestartClock, SupervisionEvent } from './supervised-program.js';

const postgresStopMs = 30_000;
const simulatorStopMs = 5_000;
const controlPlaneStopMs = 20_000;
/** Beyond the drain: its last reports, spans and the snapshot on disk. */
const dataPlaneStopExtraMs = 15_000;
const readyDeadlineMs = 60_000;

const realClock: RestartClock = {
  nowMs: () => performance.now(),
  pause: (ms, signal) => sleep(ms, undefined, { signal }).catch(() => undefined),
};

interface PlaneStart {
  readonly name: PlaneName;
  readonly stopDeadlineMs: number;
  readonly livenessUrl: string;
  readonly caFile?: string;
  /** The control plane's alone. */
  readonly databaseUrl?: string;
}

/**
 * Postgres, the planes and the simulator, each supervised. They start in the order in which they need each other (the
 * simulator, which needs nobody, beside the first) and end in the opposite one, so that a request in flight finds
 * everything it needs until it is answered.
 */
export class EmbeddedStack {
  private readonly running: SupervisedProgram[] = [];

  constructor(
    private readonly config: UpConfig,
    private readonly state: StateDirectory,
    private readonly endpoints: Endpoints,
    private readonly inherited: NodeJS.ProcessEnv,
    private readonly log: LogView,
    private readonly say: (line: string) => void,
  ) {}

  /** Resolves when the control plane is ready and the data plane lives. Throws a CliError, or when the signal aborts. */
  async start(progress: Progress, signal: AbortSignal): Promise<void> {
    const { controlPlane, dataPlane, dataPlaneAdmin, simulator } = this.endpoints;
    const caFile = this.state.certificateAuthority;
    const simulatorStarts = this.supervise(
      this.plane({ name: 'simulator', stopDeadlineMs: simulatorStopMs, livenessUrl: `${simulator}/livez` }),
      signal,
    );
    // Awaited below; until then a failure is not unhandled.
    simulatorStarts.catch(() => undefined);
    const databaseUrl = this.config.databaseUrl ?? (await this.startPostgres(progress, signal));
    await progress.step(`Control plane on ${controlPlane}`, async () => {
      const livenessUrl = `${controlPlane}/livez`;
      await this.supervise(
        this.plane({ name: 'control-plane', stopDeadlineMs: controlPlaneStopMs, livenessUrl, caFile, databaseUrl }),
        signal,
      );
      await untilReady('control plane', `${controlPlane}/readyz`, { deadlineMs: readyDeadlineMs, signal, caFile });
    });
    await progress.step(`Simulated providers on ${simulator}`, () => simulatorStarts);
    const stopDeadlineMs = this.config.drainTimeoutMs + dataPlaneStopExtraMs;
    await progress.step(`Data plane on ${dataPlane}`, () =>
      this.supervise(
        this.plane({ name: 'data-plane', stopDeadlineMs, livenessUrl: `${dataPlaneAdmin}/livez` }),
        signal,
      ),
    );
  }

  async untilServing(signal: AbortSignal): Promise<void> {
    await untilReady('data plane', `${this.endpoints.dataPlane}/readyz`, { deadlineMs: readyDeadlineMs, signal });
  }

  /** Ends everything, the last started first, each with its deadline; `atOnce` kills. Idempotent. */
  async stop(options: { readonly atOnce?: boolean } = {}): Promise<void> {
    for (const program of [...this.running].reverse()) {
      await program.stop(options.atOnce ? 0 : program.program.stopDeadlineMs);
    }
  }

  private plane({ name, stopDeadlineMs, livenessUrl, caFile, databaseUrl }: PlaneStart): PlaneProcess {
    return new PlaneProcess({
      name,
      environment: planeEnvironment(name, this.config, this.state, this.endpoints, databaseUrl, this.inherited),
      stopDeadlineMs,
      isLive: async () => (await probe(livenessUrl, caFile)).ok,
      onLine: (line) => this.log.write(name, line),
    });
  }

  private async startPostgres(progress: Progress, signal: AbortSignal): Promise<string> {
    return progress.step('Postgres', async () => {
      const postgres = await EmbeddedPostgres.prepare({
        directory: this.state.postgres,
        durable: true,
        onLog: (line) => this.log.write('postgres', line),
      });
      await this.supervise(
        {
          name: 'postgres',
          stopDeadlineMs: postgresStopMs,
          start: () => postgres.start(),
          stop: (deadlineMs) => postgres.stop(deadlineMs),
        },
        signal,
      );
      return postgres.url;
    });
  }

  private async supervise(program: Program, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    const supervised = new SupervisedProgram(program, realClock, (event) => this.say(describeEvent(event)));
    // Before its start, so that a stop meanwhile ends it.
    this.running.push(supervised);
    await supervised.start();
    signal.throwIfAborted();
  }
}

function describeEvent(event: SupervisionEvent): string {
  if (event.type === 'restarted') return `${event.name} runs again`;
  const again = `starting it again in ${event.restartInMs / 1000} s`;
  if (event.type === 'ended') return `${event.name} ended (${describeEnd(event.end)}); ${again}`;
  return `${event.name} did not start (${event.error.message}); ${again}`;
}
