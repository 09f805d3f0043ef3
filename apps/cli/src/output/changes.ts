import type { FieldChange } from '#libs/apimachinery';
import { printable } from './style.js';
import type { Style } from './style.js';

/** `spec.rules[0].backendRefs[0].weight: 100 -> 0`; added and removed fields by + and -. */
export function renderChange({ path, before, after }: FieldChange, style: Style): string {
  if (before === undefined) return style('green', printable(`+ ${path}: ${valueText(after)}`));
  if (after === undefined) return style('red', printable(`- ${path}: ${valueText(before)}`));
  return `${style('yellow', printable(`~ ${path}:`))} ${printable(`${valueText(before)} -> ${valueText(after)}`)}`;
}

function valueText(value: unknown): string {
  return typeof value === 'string' && value !== '' && !/\s/.test(value) ? value : JSON.stringify(value);
}
