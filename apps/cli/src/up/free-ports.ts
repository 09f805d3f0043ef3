import { once } from 'node:events';
import { createServer } from 'node:net';
import type { Ports } from '../config/config.js';
import { portVariables } from '../config/config.js';
import { CliError } from '../cli-error.js';

/** Throws a CliError that names each port in use and the variable that moves it, before anything is started. */
export async function requireFreePorts(ports: Ports): Promise<void> {
  const busy: string[] = [];
  for (const key of Object.keys(portVariables) as (keyof Ports)[]) {
    const reason = await whyNot(ports[key]);
    if (reason) busy.push(`Port ${ports[key]} ${reason}; set ${portVariables[key]} to a free one.`);
  }
  if (busy.length === 0) return;
  throw new CliError(busy.join('\n'), { hints: ['Is another `signalbox up` running?'] });
}

async function whyNot(port: number): Promise<string | undefined> {
  const server = createServer();
  try {
    server.listen(port, '127.0.0.1');
    await once(server, 'listening');
    return undefined;
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === 'EADDRINUSE') return 'is in use';
    return code === 'EACCES' ? 'needs privileges' : `can't be used (${message})`;
  } finally {
    server.close();
  }
}
