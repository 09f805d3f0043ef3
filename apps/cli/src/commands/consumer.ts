import { Command, InvalidArgumentError } from 'commander';
import { isDNSSubdomain } from '#libs/apimachinery';
import { consumerWithKey, newConsumer, putConsumerKey } from '../client/consumer-keys.js';
import { CliError, exitCodes } from '../cli-error.js';
import { withAdminClient } from '../context.js';
import type { CliContext } from '../context.js';
import { renderDocument } from '../output/document.js';
import { newConsumerKey, sha256Hex } from '../secret-text.js';
import { namespaceOption } from './shared-options.js';

interface KeyOptions {
  readonly namespace: string;
  readonly keyName: string;
  readonly apply?: true;
  readonly replace?: true;
  readonly new?: true;
}

export function consumerCommand(context: CliContext): Command {
  const consumer = new Command('consumer').summary('API keys of those who may send requests');
  consumer
    .command('key')
    .summary('make an API key; it is shown once')
    .description(
      'Makes an API key for a Consumer. The key goes to standard output, once; only its digest is ever stored. ' +
        "The Consumer's manifest with the key added, and all else that it has, goes to standard error, or with --apply the " +
        'key onto the server.',
    )
    .argument('<name>', 'the Consumer', consumerName)
    .addOption(namespaceOption())
    .option('--key-name <name>', "the key's name in the Consumer", keyName, 'main')
    .option('--apply', 'add the key to the Consumer on the server (created if absent)')
    .option('--replace', 'take the place of a key of that name, which is refused from then on')
    .option('--new', "print the manifest of a Consumer that isn't there yet, without asking the server")
    .addHelpText(
      'after',
      `
Examples:
  signalbox consumer key team-red --apply > team-red.key
  signalbox consumer key team-red --key-name next --apply   # rotation: both keys work until the old one is removed
  signalbox consumer key team-red --key-name next 2> team-red.yaml > next.key`,
    )
    .action(async (name: string, options: KeyOptions) => {
      if (options.new && (options.apply || options.replace)) {
        throw new CliError('--new asks no server: leave out --apply and --replace.', { exitCode: exitCodes.usage });
      }
      const key = newConsumerKey();
      const entry = { name: options.keyName, sha256: sha256Hex(key) };
      const consumer = { namespace: options.namespace, name };
      const change = { entry, replace: options.replace === true };
      // First the server: a key that nobody accepts must not be shown.
      if (options.apply) await withAdminClient(context, (client) => putConsumerKey(client, consumer, change));
      else {
        const manifest = options.new
          ? newConsumer(consumer, entry)
          : await withAdminClient(context, (client) => consumerWithKey(client, consumer, change));
        context.stderr.write(renderDocument(manifest, 'yaml'));
      }
      context.stdout.write(`${key}\n`);
    });
  return consumer;
}

function consumerName(name: string): string {
  if (isDNSSubdomain(name)) return name;
  throw new InvalidArgumentError('A name has lower-case letters, digits, "-" and ".", as in team-red.');
}

function keyName(name: string): string {
  if (/^[A-Za-z0-9]([-._A-Za-z0-9]{0,61}[A-Za-z0-9])?$/.test(name)) return name;
  throw new InvalidArgumentError('The name of a key has letters, digits, "-", "_" and ".", at most 63, as in next.');
}
