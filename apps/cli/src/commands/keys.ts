import { existsSync, readFileSync } from 'node:fs';
import { Command } from 'commander';
import type { AdminClient } from '../client/admin-client.js';
import { findStateDirectory } from '../client/connection.js';
import {
  firstKeyOf,
  isRotated,
  type KeyStatus,
  keyStatus,
  lostKeysOf,
  requestReencryption,
  untilStatus,
  usersOf,
} from '../client/keys.js';
import { CliError } from '../cli-error.js';
import { readClientConfig } from '../config/config.js';
import { type CliContext, withAdminClient } from '../context.js';
import type { DocumentFormat } from '../output/document.js';
import { renderDocument } from '../output/document.js';
import { renderTable } from '../output/table.js';
import { writePrivateFile } from '../private-file.js';
import { newEncryptionKey } from '../secret-text.js';
import { outputOption } from './shared-options.js';

/** A replica looks at its file every second. */
const FILE_READ_MS = 15_000;
const REENCRYPTED_MS = 600_000;

export function keysCommand(context: CliContext): Command {
  const keys = new Command('keys')
    .summary('master keys: what is encrypted under which, and the way to the next one')
    .description('The master keys that encrypt Secrets at rest. Shows ids and counts, never a key. For admins.');
  keys
    .command('status')
    .summary('what is encrypted under which key, and which replica holds it')
    .addOption(outputOption())
    .action(async ({ output }: { output?: DocumentFormat }) => {
      const status = await withAdminClient(context, keyStatus);
      context.stdout.write(output ? renderDocument(status, output) : renderStatus(status));
    });
  keys
    .command('rotate')
    .summary('encrypt everything under a new master key while everything serves')
    .description(
      'Of what `signalbox up` runs here: puts a new line first in master.key, waits until it is in use and has everything ' +
        'encrypted under it. Of any other installation: shows what to do to the files, and once every replica has the same ' +
        'new line first, has everything encrypted under it.',
    )
    .option('--remove-old', 'here: take the old lines out of master.key once nothing is encrypted under them')
    .addHelpText('after', '\nExamples:\n  signalbox keys rotate\n  signalbox keys status')
    .action(({ removeOld = false }: { removeOld?: boolean }) =>
      withAdminClient(context, (client) => rotate(context, client, removeOld)),
    );
  return keys;
}

async function rotate(context: CliContext, client: AdminClient, removeOld: boolean): Promise<void> {
  const file = ownKeyFile(context);
  let status = await keyStatus(client);
  const lost = lostKeysOf(status);
  if (lost.length > 0) throw new CliError(`No replica has the master key ${lost.join(', ')}.`, { hints: putBack });
  if (file === undefined && status.reencryption.remaining === 0) {
    context.stdout.write(firstSteps(status));
    return;
  }
  // What an earlier rotation left over is finished first, before there is a third key.
  if (file !== undefined && status.reencryption.remaining === 0) status = await putNewLine(client, file, status);
  await requestReencryption(client);
  const done = await untilStatus(client, isRotated, REENCRYPTED_MS, (now) => {
    const { reencryption } = (status = now);
    if (context.stderr.isTTY) context.stderr.write(`\r${reencryption.remaining} left to re-encrypt `);
  });
  if (context.stderr.isTTY) context.stderr.write('\n');
  if (!done && status.reencryption.remaining === 0) {
    throw new CliError('After ten minutes some replica may still encrypt under an old key: no line can go yet.', {
      hints: keptLines(status),
    });
  }
  if (!done) {
    throw new CliError('Not everything is re-encrypted after ten minutes; it goes on in the background.', {
      hints: ["See `signalbox keys status`, and the leader's log for rows that can't be."],
    });
  }
  context.stdout.write(renderStatus(done) + lastSteps(file, removeOld));
}

/** The file of the control plane that `signalbox up` runs here; undefined: the commands talk to another one. */
function ownKeyFile(context: CliContext): string | undefined {
  const config = readClientConfig(context.environment, context.workingDirectory);
  const state = findStateDirectory(config, context.workingDirectory);
  const embedded = state?.readEndpoints()?.controlPlane;
  const isOwn = state !== undefined && embedded === (config.controlPlaneUrl ?? embedded);
  return isOwn && embedded !== undefined && existsSync(state.masterKey) ? state.masterKey : undefined;
}

async function putNewLine(client: AdminClient, file: string, before: KeyStatus): Promise<KeyStatus> {
  const old = firstKeyOf(before);
  const lines = readFileSync(file, 'utf8');
  writePrivateFile(file, `${newEncryptionKey()}\n${lines}`);
  const status = await untilStatus(client, (now) => ![undefined, old].includes(firstKeyOf(now)), FILE_READ_MS);
  if (status) return status;
  // Nothing is encrypted under a key that nobody read.
  writePrivateFile(file, lines);
  throw new CliError(`The control plane didn't take the new line in ${file}, which is as it was before.`, {
    hints: [
      'If a line of the file is wrong, the log of the control plane names it.',
      'If it was started with SIGNALBOX_MASTER_KEY_FILE, put the new line into that file yourself.',
    ],
  });
}

const putBack = [
  "What is encrypted under it can't be read or re-encrypted. Put its line back, below the first one, into the file of every",
  'replica; it is in the backups of that file. No restart is needed.',
];

function renderStatus(status: KeyStatus): string {
  const { masterKeys, replicas, reencryption } = status;
  const first = firstKeyOf(status);
  const rows = masterKeys.map(({ masterKey, objects, log, removable }) => {
    const holders = replicas.filter((replica) => replica.masterKeys.includes(masterKey)).length;
    const idle = removable ? 'no longer needed' : 'may be in use';
    const use = masterKey === first ? 'encrypts' : objects + log > 0 ? 'still needed' : idle;
    return [masterKey, use, objects, log, `${holders} of ${replicas.length}`];
  });
  const files = replicas.map(({ host, replica, masterKeys: ids, encryptsUnder }) => [
    host,
    replica,
    encryptsUnder ?? 'not known',
    ids.join(', '),
  ]);
  const state =
    first === undefined
      ? 'The files of the replicas begin with different keys.'
      : reencryption.remaining === 0
        ? `Everything is encrypted under ${first}.`
        : `${reencryption.remaining} envelopes are under other keys than ${first}${reencryption.masterKey === first ? ', and are being re-encrypted' : ''}.`;
  return [
    renderTable(['master key', 'use', 'objects', 'log', 'held by'], rows),
    renderTable(['host', 'replica', 'encrypts under', 'keys in its file'], files),
    [state, ...keptLines(status)].map((line) => `${line}\n`).join(''),
    ...lostKeysOf(status).map((key) => `No replica has ${key}. ${putBack.join('\n')}\n`),
  ].join('\n');
}

/** Of each key that only its use keeps from going, who uses it. */
function keptLines(status: KeyStatus): string[] {
  const first = firstKeyOf(status);
  const kept = status.masterKeys.filter(
    ({ masterKey, objects, log, removable }) => masterKey !== first && objects + log === 0 && !removable,
  );
  return kept.map(({ masterKey }) => `The line of ${masterKey} must stay: ${usersOf(masterKey, status).join('; ')}.`);
}

function firstSteps(status: KeyStatus): string {
  return `${renderStatus(status)}
To rotate the master key:

  1. Make one new line, and keep it as you keep the file:
       openssl rand -base64 32
  2. On every replica put it first in the file that SIGNALBOX_MASTER_KEY_FILE names, above the old lines. In any order,
     without a restart: the replicas encrypt under it once all of them have it.
  3. When \`signalbox keys status\` shows it first everywhere, run \`signalbox keys rotate\` again.
`;
}

function lastSteps(file: string | undefined, removeOld: boolean): string {
  const note = 'Backups of the database that were made before need the old lines: keep them with those.\n';
  if (file === undefined) {
    return `\nThe old lines can go out of the file of every replica, without a restart. ${note}`;
  }
  if (!removeOld) {
    return `\nThe old lines can go out of ${file}, without a restart; with --remove-old this is done here. ${note}`;
  }
  const [first = ''] = readFileSync(file, 'utf8')
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '' && !line.startsWith('#'));
  writePrivateFile(file, `${first}\n`);
  return `\nThe old lines are out of ${file}. Backups of the database that were made before can't be read any more.\n`;
}
