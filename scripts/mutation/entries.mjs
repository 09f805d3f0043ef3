/** The lists of scripts/mutants/, one file an area, and whether each entry still fits the tree. */
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { basename, join } from 'node:path';
import { pathToFileURL } from 'node:url';

const texts = ['name', 'file', 'find', 'replace', 'suite'];

/** Every entry of every list, with its area. */
export async function loadEntries(root) {
  const folder = join(root, 'scripts/mutants');
  const lists = readdirSync(folder).filter((name) => name.endsWith('.mjs'));
  const entries = [];
  for (const list of lists.sort()) {
    const { default: rows } = await import(pathToFileURL(join(folder, list)).href);
    for (const row of rows) entries.push({ ...row, area: basename(list, '.mjs') });
  }
  return entries;
}

export function select(entries, { area, only }) {
  return entries.filter(
    (entry) =>
      (area === undefined || entry.area === area) &&
      (only === undefined || entry.name.includes(only) || entry.file.includes(only)),
  );
}

/** What is wrong with an entry, a line each; none if it can be applied. */
export function faultsOf(entry, root) {
  const where = `${entry.area}: ${entry.name}`;
  const missing = texts.filter((field) => typeof entry[field] !== 'string');
  if (missing.length > 0) return [`${where}: has no ${missing.join(', ')}`];
  if (entry.find === entry.replace) return [`${where}: find and replace are the same`];
  if (!existsSync(join(root, entry.file))) return [`${where}: ${entry.file} is gone`];
  const times = timesIn(readFileSync(join(root, entry.file), 'utf8'), entry.find);
  return times === 1 ? [] : [`${where}: ${entry.file} contains this ${times} times, not once: ${entry.find}`];
}

export function mutate(text, { find, replace }) {
  const at = text.indexOf(find);
  return text.slice(0, at) + replace + text.slice(at + find.length);
}

function timesIn(text, part) {
  return part === '' ? 0 : text.split(part).length - 1;
}
