/** Texts that look like something for a long way and end as nothing: what makes a matcher go back and try again. */
export const hostileShapes: Readonly<Record<string, (length: number) => string>> = {
  letters: (length) => `${'a'.repeat(length)} `,
  digits: (length) => `${'1'.repeat(length)}!`,
  dashes: (length) => `a${'-'.repeat(length)}`,
  stars: (length) => '*'.repeat(length),
  dots: (length) => '.'.repeat(length),
  blanks: (length) => `${' '.repeat(length)}x`,
  'letters and dashes': (length) => `${'a-'.repeat(length / 2)}!`,
  'letters and dots': (length) => `${'a.'.repeat(length / 2)}!`,
  durations: (length) => `${'1h'.repeat(length / 2)}!`,
  'line breaks': (length) => 'a\n'.repeat(length / 2),
  'base64 that is none': (length) => `${'AAAA'.repeat(length / 4)}=AAA`,
};
