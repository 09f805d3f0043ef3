#!/usr/bin/env node
import { run } from './program.js';

const interrupted = new AbortController();
const args = process.argv.slice(2);
// What talks to a control plane ends its request and says what is known of it; a second Ctrl-C ends the process at once. `up`
// and the planes have handlers of their own, and what is left has nothing to say.
const withControlPlane = ['apply', 'get', 'describe', 'diff', 'delete', 'audit', 'consumer', 'keys'];
if (withControlPlane.includes(args[0] ?? '')) process.once('SIGINT', () => interrupted.abort());

// The reader of a pipe may leave (`signalbox get ... | head`): what is left to say has no one to hear it.
for (const stream of [process.stdout, process.stderr]) {
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
    process.exit();
  });
}

process.exitCode = await run(args, {
  stdin: process.stdin,
  stdout: process.stdout,
  stderr: process.stderr,
  environment: process.env,
  workingDirectory: process.cwd(),
  interrupted: interrupted.signal,
});
