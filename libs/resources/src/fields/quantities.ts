import { z } from 'zod';

/** Relative share; 0 drains. */
export const weight = (description: string): z.ZodInt => z.int().min(0).max(1_000_000).meta({ description });

export const percent = (description: string, min = 1): z.ZodInt => z.int().min(min).max(100).meta({ description });

export const count = (description: string, min: number, max: number): z.ZodInt =>
  z.int().min(min).max(max).meta({ description });
