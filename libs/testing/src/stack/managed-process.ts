import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The checkout: three folders above libs/testing/src/stack, or above its copy in dist. */
export const checkout = (() => {
  const above = join(dirname(fileURLToPath(import.meta.url)), '../../../..');
  return above.endsWith('dist') ? dirname(above) : above;
})();

/** A child process of a test: everything it prints is kept, so that a failure can be explained and secrets searched for. */
export class ManagedProcess {
  output = '';
  private child: ChildProcess | undefined;
  private closed: Promise<unknown> = Promise.resolve();
  /** It was ready, and nobody has asked it to end: its end would be a fault, told with its last words. */
  private expected = false;

  constructor(
    readonly name: string,
    private readonly command: readonly string[],
    private readonly environment: Record<string, string>,
    private readonly workingDirectory: string,
  ) {}

  get pid(): number {
    const pid = this.child?.pid;
    if (pid === undefined) throw new Error(`${this.name} is not running`);
    return pid;
  }

  get running(): boolean {
    return this.child !== undefined && this.child.exitCode === null && this.child.signalCode === null;
  }

  start(): void {
    const [file = '', ...args] = this.command;
    // Only what the test gives: nothing of the developer's own environment may decide a test.
    this.child = spawn(file, args, {
      cwd: this.workingDirectory,
      env: { PATH: process.env['PATH'], HOME: process.env['HOME'], ...this.environment },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const keep = (chunk: Buffer) => (this.output += chunk.toString());
    this.child.stdout?.on('data', keep);
    this.child.stderr?.on('data', keep);
    this.closed = once(this.child, 'close');
    this.child.once('close', (code, signal) => {
      if (!this.expected) return;
      process.stderr.write(`${this.name} ended by itself (${code ?? signal}):\n${this.output.slice(-4_000)}\n`);
    });
  }

  /** Polls until the URL answers 200; throws with the process's output if it ends before. */
  async untilReady(isReady: () => Promise<boolean>, deadlineMs = 30_000): Promise<void> {
    const endsAtMs = Date.now() + deadlineMs;
    while (!(await isReady().catch(() => false))) {
      if (!this.running) throw new Error(`${this.name} ended before it was ready:\n${this.output.slice(-4_000)}`);
      if (Date.now() > endsAtMs) throw new Error(`${this.name} was not ready in time:\n${this.output.slice(-4_000)}`);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    this.expected = true;
  }

  /** Sends the signal if it still runs, then waits like `untilEnded`. */
  end(signal: NodeJS.Signals = 'SIGTERM'): Promise<number | string> {
    if (this.running) this.child?.kill(signal);
    return this.untilEnded();
  }

  /** Resolves with the exit code, or the signal's name where one ended it, once all output is read. */
  async untilEnded(): Promise<number | string> {
    this.expected = false;
    const { child } = this;
    if (!child) return 0;
    await this.closed;
    return child.exitCode ?? child.signalCode ?? 0;
  }
}

export async function freePorts(count: number): Promise<number[]> {
  const servers = await Promise.all(
    Array.from({ length: count }, async () => {
      const server = createServer().listen(0, '127.0.0.1');
      await once(server, 'listening');
      return server;
    }),
  );
  const ports = servers.map((server) => (server.address() as AddressInfo).port);
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  return ports;
}
