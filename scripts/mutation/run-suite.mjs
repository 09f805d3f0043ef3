/** Runs one suite of a copy and says what came of it. */
import { spawn } from 'node:child_process';
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';

/** A mutant may wait for what never comes; ten times what the slowest suite takes. */
const limitMs = 600_000;

/**
 * `green`; `red` with the first test that failed; `late` when it was ended; `broken` when no test could run at all, which
 * proves nothing about the test. `longestTestMs` is what the slowest test took.
 */
export async function runSuite(directory, suite, testTimeoutMs = 60_000) {
  const output = join(directory, '.jest-result.json');
  rmSync(output, { force: true });
  const jest = [
    '--experimental-vm-modules',
    '--no-warnings=ExperimentalWarning',
    join(directory, 'node_modules/jest/bin/jest.js'),
    suite,
    '--runInBand',
    '--forceExit',
    `--testTimeout=${testTimeoutMs}`,
    '--json',
    `--outputFile=${output}`,
    `--cacheDirectory=${join(directory, '.jest-cache')}`,
  ];
  const { late, said } = await ended(
    spawn(process.execPath, jest, { cwd: directory, stdio: ['ignore', 'ignore', 'pipe'], detached: true }),
  );
  if (late) return { state: 'late', by: `no end after ${limitMs / 1000} s` };
  if (!existsSync(output)) return { state: 'broken', by: lastLine(said) };
  return stateOf(JSON.parse(readFileSync(output, 'utf8')));
}

function stateOf({ success, numTotalTests, testResults }) {
  const failed = testResults.flatMap(({ assertionResults }) =>
    assertionResults.filter(({ status }) => status === 'failed'),
  );
  if (failed.length > 0) return { state: 'red', by: failed[0].fullName };
  if (numTotalTests === 0) return { state: 'broken', by: 'no test ran' };
  if (success) return { state: 'green', longestTestMs: longestOf(testResults) };
  return { state: 'broken', by: testResults.map(({ message }) => message).find((message) => message !== '') };
}

function longestOf(testResults) {
  return Math.max(
    ...testResults.flatMap(({ assertionResults }) => assertionResults.map(({ duration }) => duration ?? 0)),
  );
}

/** Waits for the end; past the limit the whole group goes, whatever the suite has started included. */
function ended(child) {
  return new Promise((resolve) => {
    let said = '';
    let late = false;
    child.stderr.setEncoding('utf8').on('data', (text) => (said = (said + text).slice(-4_000)));
    const limit = setTimeout(() => {
      late = true;
      process.kill(-child.pid, 'SIGKILL');
    }, limitMs);
    child.once('close', () => {
      clearTimeout(limit);
      resolve({ late, said });
    });
  });
}

function lastLine(text) {
  return text.trimEnd().split('\n').at(-1);
}
