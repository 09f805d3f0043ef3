import type { Client } from 'pg';
import { GuardedClient } from './guarded-client.js';
import { sessionLimits } from './limits.js';
import type { LineageListener } from './lineage.js';
import { prepareSession } from './prepare-session.js';

export interface ConnectionOptions {
  readonly url: string;
  readonly applicationName: string;
  /** A query on which nothing is heard for so long ends the connection. Absent: it may take as long as it takes. */
  readonly silenceMs?: number;
  readonly lineage?: LineageListener;
}

const nobody: LineageListener = { changed: () => {}, unknown: () => {} };

/**
 * A connection of its own, for what lives as long as a session does: LISTEN, the lease. `onLost` is called once when it
 * ends, `end()` included, and only for one that had opened: a failed attempt is told by the rejection alone.
 */
export async function openConnection(
  { url, applicationName, silenceMs, lineage = nobody }: ConnectionOptions,
  onLost: (error: Error) => void,
): Promise<Client> {
  const client = new GuardedClient({
    connectionString: url,
    application_name: applicationName,
    connectionTimeoutMillis: sessionLimits.connectMs,
    silenceMs,
    // Or the server would wait on, and do what nobody asks for any more.
    ...(silenceMs !== undefined && { lock_timeout: Math.ceil(silenceMs / 2) }),
    keepAlive: true,
    keepAliveInitialDelayMillis: sessionLimits.keepAliveAfterMs,
  });
  let state: 'opening' | 'open' | 'lost' = 'opening';
  const report = (error: Error): void => {
    if (state === 'open') onLost(error);
    state = 'lost';
  };
  // Without a listener for errors a dropped connection would end the process.
  client.on('error', report);
  client.on('end', () => report(new Error('the connection to Postgres ended')));
  try {
    await client.connect();
    await prepareSession(client, lineage);
  } catch (error) {
    await (client.end() as Promise<void>).catch(() => undefined);
    throw error;
  }
  // It may have been lost since the last answer.
  if (isLost(state)) throw new Error('the connection to Postgres ended');
  state = 'open';
  return client;
}

/** The listeners change the state behind the compiler's back. */
const isLost = (state: string): boolean => state === 'lost';
