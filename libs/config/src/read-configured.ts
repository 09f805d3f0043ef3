import { readFileSync } from 'node:fs';

/** A file that a variable names, as text. Throws an error that names variable, path and cause, never content. */
export function readConfigured(variable: string, path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new Error(`${variable}: ${path} cannot be read (${code ?? 'unknown error'})`, { cause: error });
  }
}
