import { z } from 'zod';
import { ageColumn, readyColumn, reasonColumn } from './columns.js';
import { conditionsStatus } from './fields/conditions.js';
import {
  type ApiObject,
  type FieldError,
  keptForEver,
  type KindDefinition,
  type PrinterColumn,
} from '#libs/apimachinery';

/** A kind of the group signalbox.dev that is compiled: a spec, conditions as its status, and typed rules over the spec. */
export interface SpecKind<Spec, EffectiveSpec> {
  readonly kind: string;
  readonly plural: string;
  readonly shortNames: readonly string[];
  readonly description: string;
  readonly spec: z.ZodObject;
  /** Between the name and Ready. */
  readonly columns: readonly PrinterColumn[];
  readonly effective: (spec: Spec) => EffectiveSpec;
  readonly validate: (spec: EffectiveSpec) => FieldError[];
  readonly validateUpdate?: (stored: Partial<Spec>, next: EffectiveSpec) => FieldError[];
  readonly warnings?: (spec: EffectiveSpec) => string[];
  readonly references?: KindDefinition['references'];
  readonly remembered?: KindDefinition['remembered'];
  readonly parts?: KindDefinition['parts'];
  readonly requiredVerbs?: (spec: EffectiveSpec) => { verb: string; path: string }[];
}

/** The one place where a kind's typed functions meet the untyped object of the API. */
export function specKind<Spec, EffectiveSpec>(definition: SpecKind<Spec, EffectiveSpec>): KindDefinition {
  const effectiveOf = (object: ApiObject): EffectiveSpec => object.spec as EffectiveSpec;
  const { validateUpdate, warnings, references, remembered, parts, requiredVerbs } = definition;
  return {
    group: 'signalbox.dev',
    version: 'v1',
    kind: definition.kind,
    plural: definition.plural,
    singular: definition.kind.toLowerCase(),
    shortNames: definition.shortNames,
    namespaced: true,
    categories: ['signalbox', 'all'],
    hasStatus: true,
    storage: keptForEver,
    description: definition.description,
    content: z.strictObject({ spec: definition.spec }),
    status: conditionsStatus,
    columns: [...definition.columns, readyColumn, reasonColumn, ageColumn],
    effective: (object) => ({
      ...object,
      spec: definition.effective(object.spec as Spec) as Record<string, unknown>,
    }),
    validate: (object) => definition.validate(effectiveOf(object)),
    ...(validateUpdate && {
      validateUpdate: (stored: ApiObject, next: ApiObject) =>
        validateUpdate((stored.spec ?? {}) as Partial<Spec>, effectiveOf(next)),
    }),
    ...(warnings && { warnings: (object: ApiObject) => warnings(effectiveOf(object)) }),
    ...(references && { references }),
    ...(remembered && { remembered }),
    ...(parts && { parts }),
    ...(requiredVerbs && { requiredVerbs: (object: ApiObject) => requiredVerbs(effectiveOf(object)) }),
  };
}
