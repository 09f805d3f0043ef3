import { fileURLToPath } from 'node:url';
import { expectGolden } from '#libs/testing';
import { surfaces } from '../surfaces/registry.js';
import { servedAt } from '../surfaces/served-at.js';
import { pathsPage } from './testing/paths-page.js';

it('docs/paths.md says what the surfaces say that they serve', () => {
  expectGolden(fileURLToPath(new URL('../../../../docs/paths.md', import.meta.url)), pathsPage());
});

const listed = surfaces.flatMap((surface) => surface.served.map((path) => ({ surface, ...path })));

it.each(listed)('$method $path is served by the surface that lists it', ({ surface, method, path }) => {
  const served = servedAt(surfaces, method, path.replaceAll(/\{\w+\}/g, 'x'), {});
  expect(served).toMatchObject({ surface, operation: { method, template: path } });
});
