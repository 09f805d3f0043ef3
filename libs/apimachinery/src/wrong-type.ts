/** What a value is instead, for messages. */
type Given = 'text' | 'a number' | 'a fraction' | 'a boolean' | 'null' | 'a list' | 'an object';

/**
 * Says that a value is of the wrong type and how to write it: what YAML made of it is seldom what its author sees. `name` is
 * the field's; `shown` is false where a value may be secret. Numbers and booleans alone are ever repeated, text never is.
 */
export function wrongType(expected: string, name: string, value: unknown, shown: boolean): string {
  const given = givenAs(value);
  if (given === 'null') return `must be ${expected}, not null: give it a value, or leave it out`;
  const hint = hintFor(expected, name, value, shown);
  return `must be ${expected}, not ${given}${hint === undefined ? '' : `: ${hint}`}`;
}

function givenAs(value: unknown): Given {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'object') return 'an object';
  if (typeof value === 'string') return 'text';
  if (typeof value === 'boolean') return 'a boolean';
  return Number.isInteger(value) ? 'a number' : 'a fraction';
}

function hintFor(expected: string, name: string, value: unknown, shown: boolean): string | undefined {
  const line = (text: string): string => (name === '' ? text : `${name}: ${text}`);
  if (expected === 'a string') {
    if (typeof value === 'boolean') {
      const words = 'y, n, yes, no, on, off, true and false';
      return `YAML takes ${words} for booleans; put it in quotes, as in ${line(value ? '"yes"' : '"no"')}`;
    }
    if (typeof value === 'number') {
      const digits = shown && Number.isSafeInteger(value) ? String(value) : '...';
      return `put it in quotes, as in ${line(`"${digits}"`)}`;
    }
  }
  if (expected === 'a list' && !Array.isArray(value)) return 'put "- " before each item';
  if (typeof value !== 'string') return undefined;
  if (expected === 'an object') return 'write its fields below it, indented';
  if (expected === 'true or false' && /^(true|false)$/i.test(value))
    return `leave out the quotes, as in ${line(value.toLowerCase())}`;
  const isNumber = expected === 'a number' || expected === 'a whole number';
  if (isNumber && /^-?[0-9]{1,15}$/.test(value)) return `leave out the quotes, as in ${line(value)}`;
  return undefined;
}
