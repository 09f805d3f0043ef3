import { badRequest } from './status.js';

type Labels = Readonly<Record<string, string>>;
export interface Selector {
  readonly empty: boolean;
  matches(labels: Labels | undefined): boolean;
}

type Operator = '=' | '!=' | 'in' | 'notin' | 'exists' | '!' | '<' | '>';
interface Requirement {
  readonly key: string;
  readonly operator: Operator;
  readonly values: ReadonlySet<string>;
}

const token = /\s*(?:(==|!=|=|!|<|>|\(|\)|,)|([^\s=!<>(),]+))/y;
const keyPattern = /^([a-z0-9]([-a-z0-9.]*[a-z0-9])?\/)?[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?$/;
const valuePattern = /^([A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?)?$/;

/**
 * Every object of a list, and every change for each watch, is held against every requirement, on the thread that serves
 * everyone: what a request line has room for would hold it up for minutes.
 */
export const MAX_REQUIREMENTS = 100;

/**
 * The full grammar of a Kubernetes label selector: `a=b`, `a==b`, `a!=b`, `a in (b,c)`, `a notin (b)`, `a`, `!a`, `a>1`, `a<1`,
 * joined by commas that mean "and". Throws a 400 that names the place.
 */
export function parseLabelSelector(text: string): Selector {
  const requirements = text.trim() === '' ? [] : new SelectorParser(text).requirements();
  return {
    empty: requirements.length === 0,
    matches: (labels = {}) => requirements.every((requirement) => holds(requirement, labels)),
  };
}

function holds({ key, operator, values }: Requirement, labels: Labels): boolean {
  const value = Object.hasOwn(labels, key) ? labels[key] : undefined;
  switch (operator) {
    case 'exists':
      return value !== undefined;
    case '!':
      return value === undefined;
    case '=':
    case 'in':
      return value !== undefined && values.has(value);
    case '!=':
    case 'notin':
      return value === undefined || !values.has(value);
    case '<':
    case '>': {
      if (value === undefined || !/^-?[0-9]+$/.test(value)) return false;
      const [bound = '0'] = values;
      return operator === '<' ? BigInt(value) < BigInt(bound) : BigInt(value) > BigInt(bound);
    }
  }
}

class SelectorParser {
  private readonly tokens: string[] = [];
  private next = 0;

  constructor(private readonly text: string) {
    token.lastIndex = 0;
    const source = text.trimEnd();
    while (token.lastIndex < source.length) {
      const match = token.exec(source);
      if (!match) throw this.error('it has an unexpected character');
      this.tokens.push(match[1] ?? match[2]!);
    }
  }

  requirements(): Requirement[] {
    const requirements = [this.requirement()];
    while (this.next < this.tokens.length) {
      this.expect(',');
      if (requirements.length === MAX_REQUIREMENTS)
        throw this.error(`it has more than ${MAX_REQUIREMENTS} requirements`);
      requirements.push(this.requirement());
    }
    return requirements;
  }

  private requirement(): Requirement {
    if (this.peek() === '!') {
      this.next += 1;
      return { key: this.key(), operator: '!', values: new Set() };
    }
    const key = this.key();
    const operator = this.peek();
    if (operator === undefined || operator === ',') return { key, operator: 'exists', values: new Set() };
    this.next += 1;
    switch (operator) {
      case '=':
      case '==':
        return { key, operator: '=', values: new Set([this.value()]) };
      case '!=':
        return { key, operator, values: new Set([this.value()]) };
      case '<':
      case '>':
        return { key, operator, values: new Set([this.integer()]) };
      case 'in':
      case 'notin':
        return { key, operator, values: this.values() };
      default:
        throw this.error(`"${operator}" is no operator: use =, !=, in, notin, <, > or !`);
    }
  }

  private key(): string {
    const key = this.tokens[this.next++];
    if (key === undefined || !keyPattern.test(key)) throw this.error('a label key is missing or malformed');
    return key;
  }

  /** Absent before a comma or the end: the empty value, as in `a=`. */
  private value(): string {
    const value = this.peek();
    if (value === undefined || value === ',' || value === ')') return '';
    this.next += 1;
    if (!valuePattern.test(value)) throw this.error(`the value of "${this.tokens[this.next - 3] ?? ''}" is malformed`);
    return value;
  }

  private integer(): string {
    const value = this.value();
    if (!/^-?[0-9]+$/.test(value)) throw this.error('< and > need an integer');
    return value;
  }

  private values(): Set<string> {
    this.expect('(');
    const values = new Set([this.value()]);
    while (this.peek() === ',') {
      this.next += 1;
      values.add(this.value());
    }
    this.expect(')');
    return values;
  }

  private expect(wanted: string): void {
    if (this.tokens[this.next++] !== wanted) throw this.error(`"${wanted}" is missing`);
  }

  private peek(): string | undefined {
    return this.tokens[this.next];
  }

  private error(problem: string) {
    return badRequest(`labelSelector ${JSON.stringify(this.text.slice(0, 200))} can't be parsed: ${problem}`);
  }
}
