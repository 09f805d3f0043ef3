import { Command, InvalidArgumentError, Option } from 'commander';
import { didYouMean } from '#libs/apimachinery';
import type { CliContext } from '../context.js';
import { newToken } from '../secret-text.js';
import { tokenEntry } from '../state-directory.js';

const prefix = 'signalbox:';
const groups = ['signalbox:admins', 'signalbox:editors', 'signalbox:viewers', 'signalbox:data-planes'];

export function tokenCommand(context: CliContext): Command {
  const token = new Command('token').summary('bearer tokens for the control plane');
  token
    .command('create')
    .summary('make a bearer token; it is shown once')
    .description(
      'Makes a token. It goes to standard output, once; the entry with its digest, which belongs into the file that ' +
        "the control plane's SIGNALBOX_TOKENS_FILE names, goes to standard error.",
    )
    .argument('<user>', 'the name that the audit shows', notReserved)
    .addOption(
      new Option('-g, --group <group>', `what it may do; repeatable (${groups.join(', ')})`)
        .argParser((value: string, before: string[] | undefined) => [...(before ?? []), knownGroup(value)])
        .makeOptionMandatory(),
    )
    .addHelpText(
      'after',
      '\nExample:\n  signalbox token create alice -g signalbox:editors > alice.token 2>> tokens.yaml',
    )
    .action((user: string, options: { group: readonly string[] }) => {
      const secret = newToken();
      context.stderr.write(tokenEntry(user, options.group, secret));
      context.stdout.write(`${secret}\n`);
    });
  return token;
}

/** A token of a group that no rule is for would be let in and allowed nothing, which nobody understands later. */
function knownGroup(name: string): string {
  if (groups.includes(notReserved(name))) return name;
  const near = didYouMean(name.startsWith(prefix) ? name : prefix + name, groups);
  throw new InvalidArgumentError(`There is no such group${near || `; groups: ${groups.join(', ')}`}`);
}

/** The control plane refuses a whole file with such a name in it. */
function notReserved(name: string): string {
  if (name.startsWith('system:')) throw new InvalidArgumentError('Names that start with "system:" are reserved.');
  return name;
}
