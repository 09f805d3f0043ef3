export { ConfigError } from './config-error.js';
export { EnvironmentReader, type Environment } from './environment-reader.js';
export { readConfigured } from './read-configured.js';
export {
  absolutePath,
  duration,
  fixedPort,
  httpsOrigin,
  httpUrl,
  listOf,
  oneOf,
  pathFrom,
  port,
  postgresUrl,
  type Rule,
  share,
} from './rules.js';
