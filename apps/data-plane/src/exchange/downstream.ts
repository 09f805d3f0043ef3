/**
 * The client's side of one request, as the pipeline sees it: node:http in production, an array in a simulation. Texts are
 * bytes seen as Latin-1, because that is how they come from the upstream and how a socket takes them cheapest.
 */
export interface Downstream {
  /** The whole response at once. `headers`: names and values in turn, without a length. */
  send(status: number, headers: string[], body: Buffer | string): void;
  /** The head of a stream. */
  start(status: number, headers: string[]): void;
  /** False: the client reads slower than we write; `onDrain` of the exchange tells when to go on. */
  write(text: string): boolean;
  end(): void;
}
