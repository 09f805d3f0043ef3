/** Names every variable that is missing or malformed and how to make its value; never shows a value, as one may be a password. */
export class ConfigError extends Error {
  constructor(readonly problems: readonly string[]) {
    super(`Wrong settings in the environment:\n${problems.map((problem) => `  ${problem}`).join('\n')}`);
    this.name = 'ConfigError';
  }
}
