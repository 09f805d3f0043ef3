import { CliError } from '../cli-error.js';
import type { StateDirectory } from '../state-directory.js';
import { probe } from './probe.js';

/**
 * Throws a CliError where the state directory is in use: with other ports a second start would get as far as the
 * database, and tell the commands that they find the planes where they aren't. Only the control plane of this very
 * directory passes for it, as it must prove itself by the certificate authority in there.
 */
export async function requireNotRunning(state: StateDirectory): Promise<void> {
  const url = state.readEndpoints()?.controlPlane;
  if (url === undefined) return;
  const answer = await probe(`${url}/livez`, state.certificateAuthority).catch(() => undefined);
  if (!answer?.ok) return;
  throw new CliError(`Signalbox runs already with ${state.path}: its control plane answers at ${url}.`, {
    hints: ['Stop that one, or set SIGNALBOX_STATE_DIR and other ports to run another beside it.'],
  });
}
