import { join } from 'node:path';
import { checkout, ManagedProcess, type Stack } from '#libs/testing';

/** The `signalbox` command as a process, not started yet. */
export function signalboxProcess(
  args: readonly string[],
  environment: Record<string, string>,
  directory: string,
): ManagedProcess {
  const main = join(checkout, 'dist/apps/cli/src/main.js');
  return new ManagedProcess('signalbox', [process.execPath, main, ...args], environment, directory);
}

export async function runSignalbox(
  args: readonly string[],
  environment: Record<string, string>,
  directory: string,
): Promise<{ code: number | string; output: string }> {
  const cli = signalboxProcess(args, environment, directory);
  cli.start();
  return { code: await cli.untilEnded(), output: cli.output };
}

/** An admin's, of a control plane somewhere else. */
export const adminEnvironment = (stack: Stack): Record<string, string> => ({
  SIGNALBOX_CONTROL_PLANE_URL: stack.controlOrigin,
  SIGNALBOX_TOKEN_FILE: stack.tokenFiles.admin,
  SIGNALBOX_CA_FILE: join(stack.directory, 'ca.crt'),
});
