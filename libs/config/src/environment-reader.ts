import { ConfigError } from './config-error.js';
import type { Rule } from './rules.js';

export type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Reads variables one by one, collects what is wrong with them, and says it all at once. An empty variable is an absent
 * one, as shells and container files make them.
 */
export class EnvironmentReader {
  readonly #environment: Environment;
  readonly #problems: string[] = [];

  constructor(environment: Environment) {
    this.#environment = environment;
  }

  optional<Value = string>(name: string, rule?: Rule<Value>): Value | undefined {
    const text = this.#environment[name]?.trim();
    if (!text) return undefined;
    if (!rule) return text as Value;
    const value = rule.parse(text);
    if (value === undefined) this.refuse(`${name} must be ${rule.says}`);
    return value;
  }

  /** `hint` says how to make the value, for who has none. What it returns for a bad variable counts for nothing: see `finish`. */
  required(name: string, hint: string, rule?: Rule<string>): string {
    if (!this.#environment[name]?.trim()) this.refuse(`${name} is missing: ${hint}`);
    return this.optional(name, rule) ?? '';
  }

  /** For what is wrong with several variables together. */
  refuse(problem: string): void {
    this.#problems.push(problem);
  }

  /** Throws a ConfigError if anything was wrong. */
  finish(): void {
    if (this.#problems.length > 0) throw new ConfigError(this.#problems);
  }
}
