import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createLogger } from '#libs/telemetry';
import { hostileShapes, steepGrowth } from '#libs/testing';
import { Authenticator } from '../../auth/authenticator.js';
import { bodyFormat, negotiate } from './media-type.js';
import { booleanOf, integerOf, resourceVersionOf } from './query.js';

const folder = mkdtempSync(join(tmpdir(), 'signalbox-hostile-headers-'));
afterAll(() => rmSync(folder, { recursive: true }));

function refused(read: () => unknown): void {
  expect(read).toThrow(/./);
}

/** The server takes 32 KiB of headers; this is a hundred times as much. */
const sizes = { from: 12_288, to: 12_288 * 4 ** 4 };

test.each(Object.entries(hostileShapes))('headers and parameters full of %s cost linear work', (_, make) => {
  const file = join(folder, 'tokens.yaml');
  writeFileSync(file, 'tokens: []');
  const authenticator = new Authenticator(file, createLogger({ name: 'test', level: 'silent' }), () => 0);
  const steep = steepGrowth((length) => {
    const text = make(length);
    refused(() => authenticator.authenticate(text));
    refused(() => authenticator.authenticate(`Bearer ${text}`));
    refused(() => negotiate(text, { tables: true }));
    refused(() => negotiate(`x/${text};${text},${text}`, { tables: true }));
    refused(() => bodyFormat(text));
    const query = new URLSearchParams({ n: `1${text}`, resourceVersion: `1${text}` });
    refused(() => integerOf(query, 'n'));
    refused(() => booleanOf(query, 'n'));
    refused(() => resourceVersionOf(query));
  }, sizes);
  expect(steep).toBeUndefined();
});

test.each(['constructor', 'toString', '__proto__'])(
  '%s is no media type, though every object has a member of that name',
  (name) => {
    expect(() => negotiate(name, { tables: true })).toThrow(expect.objectContaining({ code: 406 }));
    expect(() => bodyFormat(name)).toThrow(expect.objectContaining({ code: 415 }));
  },
);
