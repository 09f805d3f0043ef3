import { objectId, type Verdict } from '#libs/compiler';
import type { ApiObject } from '#libs/apimachinery';
import type { Compiled } from './compile-controller.js';

interface CompiledGeneration {
  readonly generation: number;
  /** The log position from which on every compile, on any replica, reads this generation. */
  readonly revision: number;
}

/** What the compiles said of each object, and from which log position on they have read its generation. */
export class CompileVerdicts {
  private readonly verdicts = new Map<string, readonly Verdict[]>();
  private readonly generations = new Map<string, CompiledGeneration>();

  /** Returns the ids of the objects about which there is something new. */
  take({ result, generations }: Compiled): Set<string> {
    const news = new Set(result.conditions.keys());
    if (result.reset) {
      this.verdicts.clear();
      for (const id of this.generations.keys()) if (!result.conditions.has(id)) this.generations.delete(id);
    }
    for (const [id, verdicts] of result.conditions) {
      if (verdicts) this.verdicts.set(id, verdicts);
      else {
        this.verdicts.delete(id);
        this.generations.delete(id);
      }
    }
    for (const object of generations) {
      const generation = object.metadata.generation ?? 1;
      const id = objectId(object);
      if (this.generations.get(id)?.generation === generation) continue;
      this.generations.set(id, { generation, revision: Number(object.metadata.resourceVersion) });
      news.add(id);
    }
    return news;
  }

  of(object: ApiObject): readonly Verdict[] | undefined {
    return this.verdicts.get(objectId(object));
  }

  /** undefined: no compile has read this generation of the object yet. */
  compiledRevision(object: ApiObject): number | undefined {
    const compiled = this.generations.get(objectId(object));
    return compiled?.generation === (object.metadata.generation ?? 1) ? compiled.revision : undefined;
  }
}
