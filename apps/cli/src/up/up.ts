import { AdminClient } from '../client/admin-client.js';
import type { UpConfig } from '../config/config.js';
import { styleFor } from '../output/style.js';
import { EmbeddedStack } from './embedded-stack.js';
import { firstChat } from './first-chat.js';
import { requireFreePorts } from './free-ports.js';
import { infoLevel } from './log-line.js';
import { LogView } from './log-view.js';
import { nextSteps } from './next-steps.js';
import { Progress } from './progress.js';
import { applyQuickstart } from './quickstart.js';
import { readSecret, StateDirectory } from '../state-directory.js';
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

const endSignals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

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

  await requireFreePorts(config.ports);
  const state = new StateDirectory(config.stateDirectory);
  state.prepare();
  const simulatorBefore = state.readEndpoints()?.simulator;
  const endpoints = state.writeEndpoints(config.ports);
  const stack = new EmbeddedStack(config, state, endpoints, environment, log, say);
  if (simulatorBefore && simulatorBefore !== endpoints.simulator) {
    say(`The simulator moved: Providers that were applied with ${simulatorBefore} need their baseURL changed.`);
  }
  const release = onEndSignals((count) => {
    if (count === 1) stderr.write('Ending: data plane, simulator, control plane, Postgres ...\n');
    interrupted.abort();
    // What is still starting is ended too; a second signal doesn't wait for requests in flight.
    void stack.stop({ atOnce: count > 1 });
  });
  try {
    await start(options, stack, state, endpoints, progress, interrupted.signal);
    if (options.once) {
      stdout.write(
        await firstChat(
          { dataPlaneUrl: endpoints.dataPlane, apiKey: readSecret(state.consumerKey) },
          interrupted.signal,
        ),
      );
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
  if (options.quickstart) {
    await progress.step('Quickstart manifests', () => quickstart(state, endpoints));
  }
  await progress.step('First routing table', () => stack.untilServing(signal));
}

async function quickstart(state: StateDirectory, endpoints: Endpoints): Promise<void> {
  const client = new AdminClient(state.connection(endpoints));
  try {
    await applyQuickstart(client, readSecret(state.consumerKey), endpoints.simulator);
  } finally {
    await client.close();
  }
}

/** Calls back with the number of signals so far; the result removes the handlers. */
function onEndSignals(callback: (count: number) => void): () => void {
  let count = 0;
  const handler = () => callback((count += 1));
  for (const signal of endSignals) process.on(signal, handler);
  return () => {
    for (const signal of endSignals) process.off(signal, handler);
  };
}

function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
}
