import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import type { Readable } from 'node:stream';

/** A Unix account for a child; absent: the account of this process. */
export interface Account {
  readonly uid: number;
  readonly gid: number;
}

export interface GuardedCommand {
  readonly command: string;
  readonly args: readonly string[];
  readonly env: NodeJS.ProcessEnv;
  readonly cwd: string;
  readonly account?: Account;
  /** What asks the program to end: SIGTERM for the planes, SIGINT is Postgres's fast shutdown. */
  readonly stopSignal: 'SIGTERM' | 'SIGINT';
  /** How long an orphaned program may take to end before it is killed. */
  readonly orphanGraceSeconds: number;
}

export interface ProcessEnd {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

export interface GuardedProcess {
  /** The guard's process id, which is also the process group of the program and everything it starts. */
  readonly pid: number;
  readonly stdout: Readable;
  readonly stderr: Readable;
  /** Settles once the program and its guard are gone; never rejects. */
  readonly ended: Promise<ProcessEnd>;
  /**
   * Asks the program to end; kills its process group if it is still there after `deadlineMs`. Of several calls only the
   * first asks, as programs take a second signal for "at once"; the shortest deadline counts.
   */
  stop(deadlineMs: number): Promise<ProcessEnd>;
}

/**
 * The guard is a shell between us and the program, because a process that is killed with SIGKILL can't stop its
 * children, and neither Linux nor macOS does it for everyone (PR_SET_PDEATHSIG is Linux's and is cleared by a change of
 * account). It holds the read end of a pipe whose write end is ours alone: end of file means that we are gone, however
 * that happened. A session of its own keeps Ctrl-C in the terminal from reaching the program, so that the order of the
 * shutdown is ours. `wait` returns early when a trapped signal arrives, hence the loop. The watcher gets
 * SIGKILL: a SIGTERM that meets it between its fork and its first line is lost with the traps it drops there.
 */
const guardScript = `
signal=$1; grace=$2; shift 2
exec 3<&0
"$@" </dev/null 3<&- &
program=$!
trap 'kill -s "$signal" "$program" 2>/dev/null' TERM INT HUP
(
  trap - TERM INT HUP
  while read -r line; do :; done
  kill -s "$signal" "$program" 2>/dev/null
  while [ "$grace" -gt 0 ] && kill -0 "$program" 2>/dev/null; do sleep 1; grace=$((grace - 1)); done
  kill -s KILL "$program" 2>/dev/null
) <&3 >/dev/null 2>&1 &
watcher=$!
exec 3<&- </dev/null
while :; do
  wait "$program" 2>/dev/null; status=$?
  kill -0 "$program" 2>/dev/null || break
done
kill -s KILL "$watcher" 2>/dev/null; wait "$watcher" 2>/dev/null
exit "$status"
`;

/** Starts a program that ends when this process ends, killed or not. Throws if the guard can't be started. */
export function spawnGuarded(options: GuardedCommand): GuardedProcess {
  const child = spawn(
    '/bin/sh',
    [
      '-c',
      guardScript,
      'signalbox-guard',
      options.stopSignal.slice('SIG'.length),
      String(options.orphanGraceSeconds),
      options.command,
      ...options.args,
    ],
    {
      cwd: options.cwd,
      env: options.env,
      detached: true,
      stdio: ['pipe', 'pipe', 'pipe'],
      ...(options.account && { uid: options.account.uid, gid: options.account.gid }),
    },
  );
  // The guard may end before its pipe is closed; that is reported by `ended`, not by the pipe.
  child.stdin.on('error', () => undefined);
  // A guard that was killed leaves its program behind, which would hold its ports and files.
  child.once('exit', () => killGroup(child.pid));
  const ended = endOf(child);
  let asked = false;
  return {
    pid: child.pid ?? -1,
    stdout: child.stdout,
    stderr: child.stderr,
    ended,
    async stop(deadlineMs) {
      if (child.exitCode !== null || child.signalCode !== null) return ended;
      if (!asked) child.kill('SIGTERM');
      asked = true;
      const timer = setTimeout(() => killGroup(child.pid), deadlineMs);
      try {
        return await ended;
      } finally {
        clearTimeout(timer);
      }
    },
  };
}

/** A shell reports a program killed by signal n as status 128 + n. */
function endOf(child: ChildProcess): Promise<ProcessEnd> {
  return new Promise((resolve) => {
    child.once('error', () => resolve({ code: 127, signal: null }));
    child.once('close', (code, signal) => resolve({ code, signal }));
  });
}

function killGroup(pid: number | undefined): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, 'SIGKILL');
  } catch {
    // Nobody is left in the group.
  }
}
