import type { UpConfig } from '../config/config.js';
import type { PlaneName } from './plane-process.js';
import type { Endpoints, StateDirectory } from '../state-directory.js';

/**
 * What each plane is started with: the person's environment (OTEL_*, provider keys), then ours. Each gets what it needs
 * and no more: the database's URL may hold a password, which is the control plane's alone.
 */
export function planeEnvironment(
  plane: PlaneName,
  config: UpConfig,
  state: StateDirectory,
  endpoints: Endpoints,
  databaseUrl: string | undefined,
  inherited: NodeJS.ProcessEnv,
): NodeJS.ProcessEnv {
  // The latter is a client's, and its name would pass the pattern of provider keys.
  const { SIGNALBOX_DATABASE_URL: _url, SIGNALBOX_API_KEY: _key, ...rest } = inherited;
  const common: NodeJS.ProcessEnv = {
    ...rest,
    SIGNALBOX_STATE_DIR: state.path,
    SIGNALBOX_TRACE_RATIO: config.traceRatio,
  };
  switch (plane) {
    case 'control-plane':
      return {
        ...common,
        SIGNALBOX_DATABASE_URL: databaseUrl,
        SIGNALBOX_CONTROL_PORT: String(config.ports.control),
        SIGNALBOX_TOKENS_FILE: state.tokens,
        SIGNALBOX_MASTER_KEY_FILE: config.masterKeyFile ?? state.masterKey,
      };
    case 'data-plane':
      return {
        ...common,
        SIGNALBOX_CONTROL_PLANE_URL: endpoints.controlPlane,
        SIGNALBOX_CA_FILE: state.certificateAuthority,
        SIGNALBOX_TOKEN_FILE: state.dataPlaneToken,
        SIGNALBOX_STATE_KEY_FILE: config.stateKeyFile ?? state.stateKey,
        SIGNALBOX_DATA_PORT: String(config.ports.data),
        SIGNALBOX_DATA_ADMIN_PORT: String(config.ports.dataAdmin),
        SIGNALBOX_CREDENTIAL_ENV: config.credentialEnvironment,
      };
    case 'simulator':
      return { ...common, SIGNALBOX_SIMULATOR_PORT: String(config.ports.simulator) };
  }
}
