import { InvalidArgumentError, Option } from 'commander';
import { documentFormats } from '../output/document.js';

/** Options that several commands have, once. */
export const namespaceOption = (text = 'namespace of what names none') =>
  new Option('-n, --namespace <name>', text).default('default');

export const manifestsOption = () =>
  new Option('-f, --filename <path>', 'a manifest, a directory of them, or - for standard input; repeatable')
    .argParser((value: string, before: string[] | undefined) => [...(before ?? []), value])
    .makeOptionMandatory();

export const outputOption = (...more: string[]) =>
  new Option('-o, --output <format>', 'print as').choices([...documentFormats, ...more]);

export function positiveInteger(text: string): number {
  const value = Number(text);
  if (!/^[0-9]{1,9}$/.test(text) || value < 1) throw new InvalidArgumentError('It must be a whole number from 1.');
  return value;
}
