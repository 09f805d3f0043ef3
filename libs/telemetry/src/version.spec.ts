import { readFileSync } from 'node:fs';
import { softwareVersion } from './index.js';

it('is the version of the package', () => {
  const file = readFileSync(new URL('../../../package.json', import.meta.url), 'utf8');
  expect(softwareVersion).toBe((JSON.parse(file) as { version: string }).version);
});
