import { fieldLines } from './field-lines.js';

const text = `# a comment
kind: A
spec:
  keys:
  - name: a

    weight: 1
  - {name: b,
     weight: 2}
---
kind: B
data:
  tls.crt: x
  "a]b": y
`;

test.each([
  [1, 'kind', 2],
  [1, 'spec.keys[0].weight', 7],
  [1, 'spec.keys[1].weight', 9],
  [1, 'spec.keys[1]', 8],
  [2, 'data[tls.crt]', 13],
  [2, 'data[a]b]', 14],
])('document %i, %s is on line %i', (document, path, line) => {
  expect(fieldLines(text, [{ document, path }])).toEqual([line]);
});

test('what is missing is on the line of what it is missing from, and of a whole document there is none', () => {
  expect(
    fieldLines(text, [
      { document: 1, path: 'spec.keys[0].valueFrom.env' },
      { document: 2, path: 'metadata.name' },
      { document: 3, path: 'kind' },
      { document: 1, path: '' },
    ]),
  ).toEqual([5, undefined, undefined, undefined]);
});
