import fc from 'fast-check';
import { ownText } from './own-text.js';

it('is the same text, whatever it holds', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), fc.string({ unit: 'binary-ascii' }), (text, ascii) => {
      for (const each of [text, ascii, `${ascii}\ud800`, text + ascii]) expect(ownText(each)).toBe(each);
    }),
  );
});
