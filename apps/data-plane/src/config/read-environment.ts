/** Names every variable that is missing or malformed and how to make its value; never prints a value. */
export class ConfigError extends Error {
  constructor(readonly problems: readonly string[]) {
    super(`the environment is not usable:\n${problems.map((problem) => `  ${problem}`).join('\n')}`);
    this.name = 'ConfigError';
  }
}

/** A variable's text as its value; undefined: it does not follow the rule. */
export type Parse<Value> = (text: string) => Value | undefined;

/** Reads variables one by one, collects what is wrong with them, and tells it all at once. */
export class EnvironmentReader {
  private readonly problems: string[] = [];

  constructor(private readonly environment: Readonly<Record<string, string | undefined>>) {}

  /** `hint`: how to make the value, for who has none. */
  required(name: string, hint: string): string {
    const text = this.text(name);
    if (text === undefined) this.problems.push(`${name} is missing: ${hint}`);
    return text ?? '';
  }

  optional(name: string): string | undefined {
    return this.text(name);
  }

  /** `rule`: what the value must be, completing "<name> must be ...". */
  parsed<Value>(name: string, fallback: Value, parse: Parse<Value>, rule: string): Value {
    const text = this.text(name);
    if (text === undefined) return fallback;
    const value = parse(text);
    if (value === undefined) this.problems.push(`${name} must be ${rule}`);
    return value ?? fallback;
  }

  /** Throws a ConfigError if anything was wrong. */
  finish(): void {
    if (this.problems.length > 0) throw new ConfigError(this.problems);
  }

  /** An empty variable is an absent one, as shells and container files make them. */
  private text(name: string): string | undefined {
    return this.environment[name]?.trim() || undefined;
  }
}
