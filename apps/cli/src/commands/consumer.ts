import { Command } from 'commander';
import { putConsumerKey } from '../client/consumer-keys.js';
import type { KeyEntry } from '../client/consumer-keys.js';
import { withAdminClient } from '../context.js';
import type { CliContext } from '../context.js';
import { newConsumerKey, sha256Hex } from '../secret-text.js';
import { namespaceOption } from './shared-options.js';

interface KeyOptions {
  readonly namespace: string;
  readonly keyName: string;
  readonly apply?: true;
}

export function consumerCommand(context: CliContext): Command {
  const consumer = new Command('consumer').summary('API keys of those who may send requests');
  consumer
    .command('key')
    .summary('make an API key; it is shown once')
    .description(
      'Makes an API key for a Consumer. The key goes to standard output, once; only its digest is ever stored. ' +
        'The fragment for the manifest goes to standard error, or with --apply onto the server.',
    )
    .argument('<name>', 'the Consumer')
    .addOption(namespaceOption())
    .option('--key-name <name>', "the key's name in the Consumer", 'main')
    .option('--apply', 'add the key to the Consumer (created if absent); a key of that name is replaced')
    .addHelpText(
      'after',
      `
Examples:
  signalbox consumer key team-red --apply > team-red.key
  signalbox consumer key team-red --key-name next       # rotation: both keys work until the old one is removed`,
    )
    .action(async (name: string, options: KeyOptions) => {
      const key = newConsumerKey();
      const entry: KeyEntry = { name: options.keyName, sha256: sha256Hex(key) };
      // First the server: a key that nobody accepts must not be shown.
      if (options.apply) {
        await withAdminClient(context, (client) => putConsumerKey(client, options.namespace, name, entry));
      }
      if (!options.apply) context.stderr.write(manifestFragment(name, options.namespace, entry));
      context.stdout.write(`${key}\n`);
    });
  return consumer;
}

function manifestFragment(name: string, namespace: string, entry: KeyEntry): string {
  return `apiVersion: signalbox.dev/v1
kind: Consumer
metadata: {name: ${name}, namespace: ${namespace}}
spec:
  keys:
  - {name: ${entry.name}, sha256: ${entry.sha256}}
`;
}
