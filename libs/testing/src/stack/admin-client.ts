import { Agent, fetch, type Response } from 'undici';

/** The admin API as a test or benchmark speaks it: bearer token over TLS that trusts one CA. */
export class AdminClient {
  private readonly agent: Agent;

  constructor(
    readonly origin: string,
    readonly token: string,
    readonly ca: string,
  ) {
    this.agent = new Agent({ connect: { ca }, keepAliveTimeout: 1_000 });
  }

  request(
    path: string,
    init: { method?: string; body?: string; headers?: Record<string, string>; signal?: AbortSignal } = {},
  ): Promise<Response> {
    return fetch(`${this.origin}${path}`, {
      ...init,
      dispatcher: this.agent,
      headers: { authorization: `Bearer ${this.token}`, ...init.headers },
    });
  }

  async get<T = Record<string, unknown>>(path: string): Promise<T> {
    const response = await this.request(path);
    const text = await response.text();
    if (!response.ok) throw new Error(`GET ${path}: ${response.status} ${text}`);
    return JSON.parse(text) as T;
  }

  /** `POST /apply` of one or more YAML documents; throws with the Status on refusal. */
  async apply(yaml: string): Promise<{ revision: number; [more: string]: unknown }> {
    const response = await this.request('/apply', {
      method: 'POST',
      body: yaml,
      headers: { 'content-type': 'application/yaml' },
    });
    const text = await response.text();
    if (!response.ok) throw new Error(`apply: ${response.status} ${text}`);
    return JSON.parse(text) as { revision: number };
  }

  close(): Promise<void> {
    return this.agent.destroy();
  }
}
