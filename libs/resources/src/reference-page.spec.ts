import { fileURLToPath } from 'node:url';
import { expectGolden } from '#libs/testing';
import { referencePage } from './testing/reference-page.js';

it('docs/resources.md tells what the schemas say', () => {
  expectGolden(fileURLToPath(new URL('../../../docs/resources.md', import.meta.url)), referencePage());
});
