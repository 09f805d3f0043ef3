import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Outcome, runCommand } from './run-command.js';
import { ScriptedServer } from './scripted-server.js';

/** A command line that knows a scripted control plane, in a folder of its own. */
export interface CommandLine {
  readonly server: ScriptedServer;
  readonly folder: string;
  /** Runs `signalbox` with these words. */
  run(args: readonly string[], options?: { interrupted?: AbortSignal; stdin?: string }): Promise<Outcome>;
}

/** For all tests of the suite that calls it, each of which begins with a server that has no answers. */
export function againstScriptedServer(): CommandLine {
  let server: ScriptedServer;
  let folder: string;
  beforeAll(async () => {
    server = await ScriptedServer.start();
    folder = mkdtempSync(join(tmpdir(), 'signalbox-command-'));
    writeFileSync(join(folder, 'ca.crt'), server.certificate);
    writeFileSync(join(folder, 'admin.token'), 'sbt_secret\n');
  });
  beforeEach(() => server.reset());
  afterAll(async () => {
    await server.stop();
    rmSync(folder, { recursive: true });
  });
  return {
    get server() {
      return server;
    },
    get folder() {
      return folder;
    },
    run: (args, options) =>
      runCommand(
        [...args],
        folder,
        {
          SIGNALBOX_CONTROL_PLANE_URL: server.origin,
          SIGNALBOX_TOKEN_FILE: join(folder, 'admin.token'),
          SIGNALBOX_CA_FILE: join(folder, 'ca.crt'),
        },
        options,
      ),
  };
}
