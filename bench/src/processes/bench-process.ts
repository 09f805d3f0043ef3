import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { checkout } from '#libs/testing';

/** A child of the benchmark that tells the port it listens on, and ends with its parent. */
export interface BenchProcess {
  readonly pid: number;
  readonly port: number;
  /** Its answer to a message. */
  ask(question: object): Promise<unknown>;
  stop(): Promise<void>;
}

export async function startProcess(name: string, environment: Record<string, string> = {}): Promise<BenchProcess> {
  const child: ChildProcess = fork(join(checkout, `dist/bench/src/processes/${name}.js`), {
    env: { ...process.env, ...environment },
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
  const ended = once(child, 'exit').then(() => undefined);
  const [message] = ((await Promise.race([once(child, 'message'), ended])) ?? []) as [{ port: number }?];
  if (!message || child.pid === undefined) throw new Error(`${name} ended before it listened`);
  return {
    pid: child.pid,
    port: message.port,
    ask: async (question) => {
      const answered = once(child, 'message');
      child.send(question);
      const [answer] = (await Promise.race([answered, ended])) ?? [];
      if (answer === undefined) throw new Error(`${name} ended before it answered`);
      return answer;
    },
    stop: async () => {
      const exited = once(child, 'exit');
      child.disconnect();
      await exited;
    },
  };
}
