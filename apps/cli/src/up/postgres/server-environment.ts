/** Postgres holds paths in 1,024 bytes (MAXPGPATH) and appends file names of its own to them. */
export const longestServerPath = 800;

/** Nothing of ours: PGDATA, PGOPTIONS or a locale of the person's shell would change what the server does. */
export function serverEnvironment(): NodeJS.ProcessEnv {
  return { PATH: process.env['PATH'] ?? '/usr/bin:/bin', LC_ALL: 'C', TZ: 'UTC' };
}
