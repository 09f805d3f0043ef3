import { fileURLToPath } from 'node:url';
import { expectGolden } from '#libs/testing';
import { operationAt, servedPaths } from '../surfaces/openai/operations.js';
import { pathsPage } from './testing/paths-page.js';

it('docs/paths.md says what the list of served paths says', () => {
  expectGolden(fileURLToPath(new URL('../../../../docs/paths.md', import.meta.url)), pathsPage());
});

it.each(servedPaths)('$method $path is served', ({ method, path }) => {
  expect(operationAt(path.replace('{model}', 'chat'))?.method).toBe(method);
});
