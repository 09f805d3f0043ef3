import { existsSync, readFileSync } from 'node:fs';
import { CliError } from '../cli-error.js';
import { stateDirectoryCandidates } from '../config/config.js';
import type { ClientConfig } from '../config/config.js';
import { readSecret, StateDirectory } from '../state-directory.js';

/** What a request to the control plane needs. */
export interface Connection {
  readonly controlPlaneUrl: string;
  readonly token: string;
  /** PEM; undefined: the system's certificate authorities. */
  readonly certificateAuthority: string | undefined;
}

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

/** Each of URL, token and CA comes from its variable, else from the state directory. Throws a CliError that names what lacks. */
export function connectionTo(config: ClientConfig, state: StateDirectory | undefined): Connection {
  const controlPlaneUrl = config.controlPlaneUrl ?? state?.readEndpoints()?.controlPlane;
  const tokenFile = config.tokenFile ?? state?.adminToken;
  // A CA of the embedded mode says nothing about a server that was named explicitly.
  const caFile = config.caFile ?? (config.controlPlaneUrl ? undefined : state?.certificateAuthority);
  const missing = [
    ...(controlPlaneUrl ? [] : ['SIGNALBOX_CONTROL_PLANE_URL']),
    ...(tokenFile ? [] : ['SIGNALBOX_TOKEN_FILE']),
  ];
  if (!controlPlaneUrl || !tokenFile) {
    throw new CliError(
      `No control plane to talk to: ${missing.join(' and ')} is not set, and there is no .signalbox here or above.`,
      {
        hints: [
          'Start one here with `signalbox up`, or set SIGNALBOX_CONTROL_PLANE_URL, SIGNALBOX_TOKEN_FILE and SIGNALBOX_CA_FILE.',
        ],
      },
    );
  }
  return {
    controlPlaneUrl,
    token: read(tokenFile, 'SIGNALBOX_TOKEN_FILE', readSecret),
    certificateAuthority: caFile && read(caFile, 'SIGNALBOX_CA_FILE', (path) => readFileSync(path, 'utf8')),
  };
}

export function dataPlaneConnection(config: ClientConfig, state: StateDirectory | undefined): DataPlaneConnection {
  const dataPlaneUrl = config.dataPlaneUrl ?? state?.readEndpoints()?.dataPlane;
  const apiKey = config.apiKey ?? (state && existsSync(state.consumerKey) ? readSecret(state.consumerKey) : undefined);
  if (dataPlaneUrl && apiKey) return { dataPlaneUrl, apiKey };
  throw new CliError('No data plane to talk to.', {
    hints: ['Start one here with `signalbox up`, or set SIGNALBOX_DATA_PLANE_URL and SIGNALBOX_API_KEY.'],
  });
}

function read(path: string, variable: string, reader: (path: string) => string): string {
  try {
    return reader(path);
  } catch (cause) {
    throw new CliError(`Can't read ${path}: ${(cause as Error).message}`, {
      cause,
      hints: [`Set ${variable} to a readable file.`],
    });
  }
}
