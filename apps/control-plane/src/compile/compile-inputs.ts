import { compile, type CompileOutput } from '#libs/compiler';
import type { ApiObject } from '#libs/apimachinery';
import type { CompileChanges } from './compile-messages.js';

/** All that compile reads, kept from one run to the next. */
export class CompileInputs {
  constructor(
    private readonly objects: Map<string, ApiObject> = new Map(),
    private readonly versions: Map<string, string> = new Map(),
    private readonly problems: Map<string, string> = new Map(),
  ) {}

  take({ objects, credentials }: CompileChanges): void {
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
  }

  /** The same with changes, beside what is here. */
  with(changes: CompileChanges): CompileInputs {
    const copy = new CompileInputs(new Map(this.objects), new Map(this.versions), new Map(this.problems));
    copy.take(changes);
    return copy;
  }

  compile(): CompileOutput {
    return compile({
      objects: [...this.objects.values()],
      credentialVersions: this.versions,
      credentialProblems: this.problems,
    });
  }
}
