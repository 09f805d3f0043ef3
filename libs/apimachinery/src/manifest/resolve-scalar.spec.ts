import { resolvePlainScalar } from './resolve-scalar.js';

/** What kubectl 1.36 made of each plain scalar (`kubectl annotate --local -o json`). */
const kubectl: [string, unknown][] = [
  ...['y', 'Y', 'yes', 'Yes', 'YES', 'on', 'On', 'ON', 'true', 'True', 'TRUE'].map((word): [string, unknown] => [
    word,
    true,
  ]),
  ...['n', 'N', 'no', 'No', 'NO', 'off', 'Off', 'OFF', 'false', 'False', 'FALSE'].map((word): [string, unknown] => [
    word,
    false,
  ]),
  ['tRue', 'tRue'],
  ['', null],
  ['~', null],
  ['Null', null],
  ['0o17', 15],
  ['0O17', 15],
  ['017', 15],
  ['0o8', '0o8'],
  ['08', 8],
  ['0x1F', 31],
  ['0X1F', 31],
  ['-0x1f', -31],
  ['0x_1F', 31],
  ['0b11', 3],
  ['-0b101', -5],
  ['1_000', 1000],
  ['1__0', 10],
  ['1_0.5', 10.5],
  ['_1', '_1'],
  ['+12', 12],
  ['-0', 0],
  ['1.', 1],
  ['.5', 0.5],
  ['+.5', 0.5],
  ['1e3', 1000],
  ['1e', '1e'],
  ['0.1e-5', 0.000001],
  ['123456789.0', 123456789],
  ['100000000000000000000000', 1e23],
  ['12:30:45', '12:30:45'],
  ['190:20:30', '190:20:30'],
  ['2001-01-01', '2001-01-01'],
  ['2001-12-14t21:59:43.10-05:00', '2001-12-14t21:59:43.10-05:00'],
  ['=', '='],
  ['30s', '30s'],
  ['-', '-'],
];

test.each(kubectl)('%j resolves as kubectl resolves it', (source, value) => {
  expect(resolvePlainScalar(source)).toStrictEqual(value);
});

test.each(['.inf', '-.Inf', '.nan', '1e999'])('%s has no JSON form', (source) => {
  expect(resolvePlainScalar(source)).toBeUndefined();
});
