import { softwareVersion } from '#libs/telemetry';

/** The Kubernetes API level that is served: clients compare it with their own. */
const LEVEL = { major: '1', minor: '36' } as const;

/** `GET /version`, in the form of Kubernetes' version.Info. */
export const versionInfo = {
  ...LEVEL,
  gitVersion: `v${LEVEL.major}.${LEVEL.minor}.0+signalbox-${softwareVersion}`,
  gitCommit: '',
  gitTreeState: 'clean',
  buildDate: '',
  goVersion: '',
  compiler: `node ${process.versions.node}`,
  platform: `${process.platform}/${process.arch}`,
};
