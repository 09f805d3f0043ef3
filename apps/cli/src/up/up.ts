import { existsSync } from 'node:fs';
import { CliError, exitCodes } from '../cli-error.js';
import { AdminClient } from '../client/admin-client.js';
import type { UpConfig } from '../config/config.js';
import { styleFor } from '../output/style.js';
import { EmbeddedStack } from './embedded-stack.js';
import { onEndSignals } from './end-signals.js';
import { firstChat } from './first-chat.js';
import { requireFreePorts } from './free-ports.js';
import { infoLevel } from './log-line.js';
import { LogView } from './log-view.js';
import { nextSteps } from './next-steps.js';
import { Progress } from './progress.js';
import { applyQuickstart } from './quickstart.js';
import { requireNotRunning } from './running-instance.js';
import { endpointsOf, readSecret, StateDirectory } from '../state-directory.js';
import type { Endpoints } from '../state-directory.js';

export interface UpOptions {
  readonly config: UpConfig;
  readonly environment: NodeJS.ProcessEnv;
  /** Answer one chat and end. */
  readonly once: boolean;
  /** Apply manifests/quickstart at the first start. */
  readonly quickstart: boolean;
  readonly stdout: NodeJS.WriteStream;
  readonly stderr: NodeJS.WriteStream;
}

/**
 * The embedded mode: everything in one command, until a signal ends it. Resolves when all children are gone; throws a
 * CliError where something could not be started (what had been started is stopped first).
 */
export async function up(options: UpOptions): Promise<void> {
  const { config, environment, stdout, stderr } = options;
  const log = new LogView(stdout, styleFor(stdout, environment));
  const progress = new Progress(stderr, log);
  const interrupted = new AbortController();
  const say = (line: string) => {
    if (!interrupted.signal.aborted) log.around(() => void stderr.write(`${line}\n`));
  };

  const state = new StateDirectory(config.stateDirectory);
  await requireNotRunning(state);
  await requireFreePorts(config.ports);
  state.prepare(config.masterKeyFile);
  const simulatorBefore = state.readEndpoints()?.simulator;
  const endpoints = endpointsOf(config.ports);
  const stack = new EmbeddedStack(config, state, endpoints, environment, log, say);
  if (simulatorBefore && simulatorBefore !== endpoints.simulator) {
    say(`The simulator moved: Providers that were applied with ${simulatorBefore} need their baseURL changed.`);
  }
  const release = onEndSignals(process, performance.now.bind(performance), (count) => {
    if (count === 1) stderr.write('Ending: data plane, control plane, Postgres, simulator ...\n');
    interrupted.abort();
    // What is still starting is ended too; a second signal doesn't wait for requests in flight.
    void stack.stop({ atOnce: count > 1 });
  });
  try {
    await start(options, stack, state, endpoints, progress, interrupted.signal);
    if (options.once) {
      const apiKey = demoKey(state);
      stdout.write(await firstChat({ dataPlaneUrl: endpoints.dataPlane, apiKey }, interrupted.signal));
    } else {
      stdout.write(stdout.isTTY ? nextSteps(endpoints, state, styleFor(stdout, environment)) : '');
      if (!stdout.isTTY) stderr.write(nextSteps(endpoints, state, styleFor(stderr, environment)));
      log.showFrom(infoLevel);
      await aborted(interrupted.signal);
    }
  } catch (error) {
    if (!interrupted.signal.aborted) throw error;
  } finally {
    await stack.stop();
    release();
  }
}

async function start(
  options: UpOptions,
  stack: EmbeddedStack,
  state: StateDirectory,
  endpoints: Endpoints,
  progress: Progress,
  signal: AbortSignal,
): Promise<void> {
  await stack.start(progress, signal);
  // Not before: the commands must not be sent to planes that could not be started.
  state.writeEndpoints(endpoints);
  if (options.quickstart) {
    await progress.step('Quickstart manifests', () => quickstart(state, endpoints));
  }
  await progress.step('First routing table', () => stack.untilServing(signal));
}

async function quickstart(state: StateDirectory, endpoints: Endpoints): Promise<void> {
  const client = new AdminClient(state.connection(endpoints));
  try {
    await applyQuickstart(client, state.consumerKey, endpoints.simulator);
  } finally {
    await client.close();
  }
}

function demoKey(state: StateDirectory): string {
  if (existsSync(state.consumerKey)) return readSecret(state.consumerKey);
  throw new CliError('--once asks as the demo consumer, which --no-quickstart leaves out.', {
    exitCode: exitCodes.usage,
    hints: ['Leave out one of the two.'],
  });
}

function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
}
