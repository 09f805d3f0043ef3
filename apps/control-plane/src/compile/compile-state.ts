import type { Verdict } from '#libs/compiler';
import { entryId, entryName, TableDigest } from '#libs/routing-table';
import { CompileInputs } from './compile-inputs.js';
import type { CompileRequest, CompileResult, Preview, PreviewRequest } from './compile-messages.js';

/** What the compile thread remembers between requests: its objects, and what it has answered, so that it answers changes. */
export class CompileState {
  private inputs = new CompileInputs();
  private digest = TableDigest.empty();
  private verdicts: ReadonlyMap<string, readonly Verdict[]> = new Map();

  /** If compile throws, what was answered before stays what later answers are relative to. */
  handle({ reset, ...changes }: CompileRequest): CompileResult {
    if (reset) this.clear();
    this.inputs.take(changes);
    const output = this.inputs.compile();

    const editor = this.digest.edit();
    const kept = new Set(output.entries.map(({ kind, key }) => entryId(kind, key)));
    const removals = [...this.digest.ids()].filter((id) => !kept.has(id)).map(entryName);
    for (const name of removals) editor.remove(name);
    const upserts = output.entries.filter((entry) => editor.put(entry));
    const conditions = changedVerdicts(this.verdicts, output.conditions);
    this.digest = editor.commit();
    this.verdicts = output.conditions;
    const { version, bucketDigests } = this.digest;
    return { version, bucketDigests, reset, upserts, removals, conditions };
  }

  /** What compile would say with the changes made. Nothing of it is remembered. */
  preview({ preview, ...changes }: PreviewRequest): Preview {
    const { conditions } = this.inputs.with(changes).compile();
    return preview.map((id) => conditions.get(id) ?? []);
  }

  private clear(): void {
    this.inputs = new CompileInputs();
    this.digest = TableDigest.empty();
    this.verdicts = new Map();
  }
}

function changedVerdicts(
  before: ReadonlyMap<string, readonly Verdict[]>,
  after: ReadonlyMap<string, readonly Verdict[]>,
): Map<string, readonly Verdict[] | undefined> {
  const changes = new Map<string, readonly Verdict[] | undefined>();
  for (const id of before.keys()) if (!after.has(id)) changes.set(id, undefined);
  for (const [id, verdicts] of after) {
    if (JSON.stringify(before.get(id)) !== JSON.stringify(verdicts)) changes.set(id, verdicts);
  }
  return changes;
}
