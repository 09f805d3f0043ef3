/** One sleeper that others wake. A wake-up while nobody sleeps isn't lost: the next sleep ends at once. */
export class WakeUp {
  #pending = false;
  #end: (() => void) | undefined;

  wake(): void {
    this.#pending = true;
    this.#end?.();
  }

  /** Resolves on `wake`, or after `ms`. */
  async sleep(ms: number): Promise<void> {
    if (!this.#pending) {
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, ms);
        this.#end = () => {
          clearTimeout(timer);
          resolve();
        };
      });
      this.#end = undefined;
    }
    this.#pending = false;
  }
}
