import { SimulatedProvider } from './simulated-provider.js';

const maxProviders = 1_000;

/** Providers come into being when they are first named, so a manifest may use any name. */
export class ProviderDirectory {
  private readonly providers = new Map<string, SimulatedProvider>();

  /** undefined: the name is malformed, or there are too many providers. */
  get(name: string): SimulatedProvider | undefined {
    const known = this.providers.get(name);
    if (known) return known;
    if (!/^[a-z0-9][a-z0-9-]{0,62}$/.test(name) || this.providers.size >= maxProviders) return undefined;
    const provider = new SimulatedProvider(name);
    this.providers.set(name, provider);
    return provider;
  }

  names(): string[] {
    return [...this.providers.keys()].sort();
  }

  reset(): void {
    for (const provider of this.providers.values()) provider.reset();
  }
}
