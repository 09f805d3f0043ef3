import { refuse } from './field-fault.js';

/** Up to so many keys, comparing each new one with all before is cheaper than a set. */
const fewKeys = 16;
/** Of a key, in a message: it is the client's own, but it may be long. */
const maxShownKey = 64;

/** Keys of one object, decoded; refuses the second of two equal ones, and one that only its case keeps from being read. */
export class KeySet {
  private readonly few: string[] = [];
  private many: Set<string> | undefined;

  constructor(
    private readonly path: string,
    /** The keys that mean something here. */
    private readonly read: readonly string[],
  ) {}

  add(key: string): void {
    if (!isSnakeCase(key)) this.refuseOtherCase(key);
    if (this.many?.has(key) ?? this.few.includes(key)) {
      const param = `${this.path}${key.slice(0, maxShownKey)}`;
      refuse('duplicate_parameter', param, `Duplicate parameter: '${param}' is given more than once.`);
    }
    if (this.many !== undefined) this.many.add(key);
    else if (this.few.push(key) > fewKeys) this.many = new Set(this.few);
  }

  /** Upper case first: that makes of the long s what a parser that ignores case takes it for. */
  private refuseOtherCase(key: string): void {
    const folded = key.toUpperCase().toLowerCase();
    if (!this.read.includes(folded)) return;
    const param = `${this.path}${key}`;
    const known = `${this.path}${folded}`;
    refuse(
      'ambiguous_parameter',
      param,
      `The parameter '${param}' differs from '${known}' by case alone, and servers disagree about which one counts: send '${known}', once.`,
    );
  }
}

/** Nearly every key is; and one that is can only be equal to a known one. */
function isSnakeCase(key: string): boolean {
  for (let i = 0; i < key.length; i++) {
    const code = key.charCodeAt(i);
    if (code !== UNDERSCORE && (code < LOWER_A || code > LOWER_Z)) return false;
  }
  return true;
}

const UNDERSCORE = 95;
const LOWER_A = 97;
const LOWER_Z = 122;
