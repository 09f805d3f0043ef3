import { existsSync, readFileSync } from 'node:fs';
import { CliError, exitCodes } from '../cli-error.js';
import { stateDirectoryCandidates } from '../config/config.js';
import type { ClientConfig } from '../config/config.js';
import { type Connection, readSecret, StateDirectory } from '../state-directory.js';

/** What `chat` needs. */
export interface DataPlaneConnection {
  readonly dataPlaneUrl: string;
  readonly apiKey: string;
}

/** The explicit state directory, or the nearest `.signalbox` upwards; undefined where there is none. */
export function findStateDirectory(config: ClientConfig, workingDirectory: string): StateDirectory | undefined {
  const candidates = config.stateDirectory ? [config.stateDirectory] : stateDirectoryCandidates(workingDirectory);
  const found = candidates.find((candidate) => existsSync(candidate));
  return found === undefined ? undefined : new StateDirectory(found);
}

/**
 * Each of URL, token and CA comes from its variable, else from the state directory. Its token and key go to its own planes
 * only: a server that was named explicitly gets what was named with it. Throws a CliError that names what lacks.
 */
export function connectionTo(config: ClientConfig, state: StateDirectory | undefined): Connection {
  const embedded = state?.readEndpoints()?.controlPlane;
  const controlPlaneUrl = config.controlPlaneUrl ?? embedded;
  const own = controlPlaneUrl === embedded ? state : undefined;
  const tokenFile = config.tokenFile ?? own?.adminToken;
  const caFile = config.caFile ?? own?.certificateAuthority;
  if (!controlPlaneUrl) {
    throw new CliError(`No control plane to talk to: ${whyUnknown(config, state)}.`, {
      exitCode: exitCodes.usage,
      hints: [
        'Start one here with `signalbox up`, or set SIGNALBOX_CONTROL_PLANE_URL, SIGNALBOX_TOKEN_FILE and SIGNALBOX_CA_FILE.',
      ],
    });
  }
  if (!tokenFile) {
    throw new CliError(`No token for ${controlPlaneUrl}: set SIGNALBOX_TOKEN_FILE to a file with a bearer token.`, {
      exitCode: exitCodes.usage,
    });
  }
  return {
    controlPlaneUrl,
    token: read(tokenFile, 'SIGNALBOX_TOKEN_FILE', readHeaderSecret),
    certificateAuthority: caFile && read(caFile, 'SIGNALBOX_CA_FILE', (path) => readFileSync(path, 'utf8')),
  };
}

export function dataPlaneConnection(config: ClientConfig, state: StateDirectory | undefined): DataPlaneConnection {
  const embedded = state?.readEndpoints()?.dataPlane;
  const dataPlaneUrl = config.dataPlaneUrl ?? embedded;
  if (!dataPlaneUrl) {
    throw new CliError(`No data plane to talk to: ${whyUnknown(config, state)}.`, {
      exitCode: exitCodes.usage,
      hints: ['Start one here with `signalbox up`, or set SIGNALBOX_DATA_PLANE_URL and SIGNALBOX_API_KEY.'],
    });
  }
  const own = dataPlaneUrl === embedded ? state : undefined;
  const apiKey = config.apiKey ?? (own && read(own.consumerKey, 'SIGNALBOX_API_KEY', readHeaderSecret));
  if (!apiKey) {
    throw new CliError(`No API key for ${dataPlaneUrl}: set SIGNALBOX_API_KEY.`, { exitCode: exitCodes.usage });
  }
  return { dataPlaneUrl, apiKey };
}

function whyUnknown(config: ClientConfig, state: StateDirectory | undefined): string {
  if (state) return `\`signalbox up\` did not run with ${state.path}`;
  if (config.stateDirectory) return `there is no ${config.stateDirectory}`;
  return 'there is no .signalbox here or above';
}

/** What goes into a header must be one printable word, or the request fails with a message that helps nobody. */
function readHeaderSecret(path: string): string {
  const secret = readSecret(path);
  if (/^[\x21-\x7e]+$/.test(secret)) return secret;
  throw new Error('its first line is not one word of printable ASCII');
}

function read(path: string, variable: string, reader: (path: string) => string): string {
  try {
    return reader(path);
  } catch (cause) {
    const { code, message } = cause as NodeJS.ErrnoException;
    throw new CliError(`Can't use ${path}: ${code === 'ENOENT' ? 'there is no such file' : message}.`, {
      cause,
      exitCode: exitCodes.usage,
      hints: [`Put it right, or set ${variable}.`],
    });
  }
}
