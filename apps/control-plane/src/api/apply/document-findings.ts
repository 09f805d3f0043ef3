import { type FieldError, fieldLines, invalidDocuments, MAX_CAUSES } from '#libs/apimachinery';
import type { PlacedValue } from './placed-values.js';

interface Finding {
  readonly value: PlacedValue;
  readonly error: FieldError;
  readonly malformed: boolean;
}

/** What is wrong with the documents of one body, collected so that all of it is answered at once. */
export class DocumentFindings {
  readonly #findings: Finding[] = [];

  /** `malformed`: no object of its kind at all, or with fields that don't exist. */
  add(value: PlacedValue, errors: readonly FieldError[], { malformed }: { malformed: boolean }): void {
    for (const error of errors) this.#findings.push({ value, error, malformed });
  }

  /** Throws a 400 or 422 if there is anything. `yaml`: the body, for the lines of the fields. */
  throwAny(yaml: Buffer | undefined): void {
    if (this.#findings.length === 0) return;
    const shown = this.#findings.slice(0, MAX_CAUSES);
    const lines = yaml && fieldLines(yaml.toString('utf8'), shown.map(fieldOf));
    throw invalidDocuments(
      shown.map(({ value, error, malformed }, index) => ({ place: placeOf(value, lines?.[index]), error, malformed })),
      this.#findings.length,
    );
  }
}

const fieldOf = ({ value: { document, path }, error }: Finding) => ({
  document,
  path: [path, error.path].filter((part) => part !== '').join('.'),
});

/** The line of the field is more use than that on which its document begins. */
function placeOf({ place, path, document }: PlacedValue, line: number | undefined): string {
  if (line === undefined) return place;
  return [`document ${document}`, `line ${line}`, ...(path === '' ? [] : [path])].join(', ');
}
