import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { readManifests } from './manifest-files.js';

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
  expect(await readManifests([folder], noInput)).toEqual([
    { file: join(folder, 'a.yml'), text: 'a: 1\n' },
    { file: join(folder, 'b.yaml'), text: 'b: 1' },
    { file: join(folder, 'c.json'), text: '{"c": 1}' },
  ]);
});

test('files, directories and standard input in the order they were named', async () => {
  writeFileSync(join(folder, 'one.yaml'), 'one: 1\n');
  expect(await readManifests(['-', folder], Readable.from(['two: ', '2']))).toEqual([
    { file: 'stdin', text: 'two: 2' },
    { file: join(folder, 'one.yaml'), text: 'one: 1\n' },
  ]);
});

test.each(['missing.yaml', 'missing'])('%s is named', async (name) => {
  await expect(readManifests([join(folder, name)], noInput)).rejects.toThrow(name);
});

test('a directory without manifests is an error, not an empty apply', async () => {
  await expect(readManifests([folder], noInput)).rejects.toThrow(/has no \.yaml/);
});
