import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { readYAML } from '#libs/apimachinery';
import { joinDocuments, readManifests } from './manifest-files.js';

let folder: string;
const noInput = Readable.from([]);

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'signalbox-manifests-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

test('a directory’s manifests, in the order of their names, and nothing else in it', async () => {
  writeFileSync(join(folder, 'b.yaml'), 'b: 1');
  writeFileSync(join(folder, 'a.yml'), 'a: 1\n');
  writeFileSync(join(folder, 'c.json'), '{"c": 1}');
  writeFileSync(join(folder, 'README.md'), 'no manifest');
  mkdirSync(join(folder, 'below'));
  expect(await readManifests([folder], noInput)).toBe('a: 1\n---\nb: 1\n---\n{"c": 1}\n');
});

test('files, directories and standard input in the order they were named', async () => {
  writeFileSync(join(folder, 'one.yaml'), 'one: 1\n');
  const text = await readManifests(['-', folder], Readable.from(['two: ', '2']));
  expect(text).toBe('two: 2\n---\none: 1\n');
});

test('what is joined is read as the same documents', () => {
  const joined = joinDocuments(['a: 1\n---\nb: 2', '# nothing\n', '---\nc: 3\n', '{"d": 4}']);
  expect(readYAML(joined).map(({ value }) => value)).toEqual([{ a: 1 }, { b: 2 }, { c: 3 }, { d: 4 }]);
});

test.each(['missing.yaml', 'missing'])('%s is named', async (name) => {
  await expect(readManifests([join(folder, name)], noInput)).rejects.toThrow(name);
});

test('a directory without manifests is an error, not an empty apply', async () => {
  await expect(readManifests([folder], noInput)).rejects.toThrow(/has no \.yaml/);
});
