import { z } from 'zod';
import { boundedText } from './text.js';

/** RFC 9110 section 5.6.2. */
export const headerName = (description: string): z.ZodString =>
  boundedText(128, /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/, 'must be an HTTP header name, such as x-team').meta({
    description,
  });

/** RFC 9110 section 5.5 without obs-text: CR, LF or NUL would let a value write headers of its own. */
export const headerValue = (description: string): z.ZodString =>
  boundedText(4096, /^[\t\x20-\x7e]*$/, 'must be printable ASCII on one line: no CR, LF or NUL').meta({ description });

export const header = (description: string) =>
  z
    .strictObject({
      name: headerName('Name of the header; case does not matter.'),
      value: headerValue('Its value.'),
    })
    .meta({ description });

export const lowerCase = (name: string): string => name.toLowerCase();
