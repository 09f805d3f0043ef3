/**
 * No circle among folders: two folders that need each other are one, or a third is missing. Product code alone is looked
 * at, because a test may use the fixtures of a part that needs this one; types count like values.
 * Nothing is exempt.
 */
const { options } = require('./.dependency-cruiser.cjs');

module.exports = {
  forbidden: [
    {
      name: 'no-circular-folders',
      severity: 'error',
      scope: 'folder',
      from: {},
      to: { circular: true },
    },
  ],
  options: { ...options, exclude: { path: `${options.exclude.path}|\\.spec\\.ts$|/test/|/testing/` } },
};
