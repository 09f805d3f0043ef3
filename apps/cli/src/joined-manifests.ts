import type { Manifest } from './manifest-files.js';

const separator = '---\n';

/** JSON is YAML, so both may be joined. A file that ends without a newline must not swallow the separator. */
export function joinDocuments(texts: readonly string[]): string {
  return texts.map(ended).join(separator);
}

/** Several manifests as one stream of documents, and the way back from the server's lines to the files'. */
export class JoinedManifests {
  readonly text: string;
  /** Line of the joined text on which each manifest begins, from 1. */
  readonly #firstLines: number[] = [];

  constructor(private readonly manifests: readonly Manifest[]) {
    this.text = joinDocuments(manifests.map(({ text }) => text));
    let line = 1;
    for (const { text } of manifests) {
      this.#firstLines.push(line);
      line += ended(text).split('\n').length;
    }
  }

  /** A message of the server, in which `document 3, line 12` becomes `routes.yaml:4`. */
  located(message: string): string {
    return message.replace(/\b(?:document \d{1,6}, )?line (\d{1,9})\b/g, (place, line: string) => {
      return this.#place(Number(line)) ?? place;
    });
  }

  #place(line: number): string | undefined {
    const index = this.#firstLines.findLastIndex((first) => first <= line);
    const manifest = this.manifests[index];
    return manifest && `${manifest.file}:${line - this.#firstLines[index]! + 1}`;
  }
}

const ended = (text: string): string => (text.endsWith('\n') ? text : `${text}\n`);
