import { compile, type Verdict } from '#libs/compiler';
import type { ApiObject } from '#libs/resources';
import { entryId, entryName, TableDigest } from '#libs/routing-table';
import type { CompileRequest, CompileResult } from './compile-messages.js';

/** What the compile thread remembers between requests: its objects, and what it has answered, so that it answers changes. */
export class CompileState {
  private readonly objects = new Map<string, ApiObject>();
  private readonly versions = new Map<string, string>();
  private readonly problems = new Map<string, string>();
  private digest = TableDigest.empty();
  private verdicts: ReadonlyMap<string, readonly Verdict[]> = new Map();

  /** If compile throws, what was answered before stays what later answers are relative to. */
  handle({ reset, objects, credentials }: CompileRequest): CompileResult {
    if (reset) this.clear();
    for (const [key, object] of objects) {
      if (object) this.objects.set(key, object);
      else this.objects.delete(key);
    }
    for (const [id, fact] of credentials) {
      this.versions.delete(id);
      this.problems.delete(id);
      if (fact && 'version' in fact) this.versions.set(id, fact.version);
      if (fact && 'problem' in fact) this.problems.set(id, fact.problem);
    }
    const output = compile({
      objects: [...this.objects.values()],
      credentialVersions: this.versions,
      credentialProblems: this.problems,
    });

    const editor = this.digest.edit();
    const kept = new Set(output.entries.map(({ kind, key }) => entryId(kind, key)));
    const removals = [...this.digest.ids()].filter((id) => !kept.has(id)).map(entryName);
    for (const name of removals) editor.remove(name);
    const upserts = output.entries.filter((entry) => editor.put(entry));
    const conditions = changedVerdicts(this.verdicts, output.conditions);
    this.digest = editor.commit();
    this.verdicts = output.conditions;
    return { version: this.digest.version, reset, upserts, removals, conditions };
  }

  private clear(): void {
    this.objects.clear();
    this.versions.clear();
    this.problems.clear();
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
