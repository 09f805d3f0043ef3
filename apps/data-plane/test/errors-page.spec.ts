import { fileURLToPath } from 'node:url';
import { expectGolden } from '#libs/testing';
import { errorsPage } from './support/errors-page.js';

it('docs/errors.md says what the table of errors says', () => {
  expectGolden(fileURLToPath(new URL('../../../docs/errors.md', import.meta.url)), errorsPage());
});
