#!/usr/bin/env node
import { run } from './program.js';

const interrupted = new AbortController();
const args = process.argv.slice(2);
// `get -w` ends with Ctrl-C; `up` and the planes have handlers of their own, and the others may just be ended.
if (args[0] === 'get') process.once('SIGINT', () => interrupted.abort());

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
