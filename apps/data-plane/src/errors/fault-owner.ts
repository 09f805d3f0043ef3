/**
 * Who answers for a fault of ours. Every entry from outside (a socket's event, a timer, a wake-up, a call of the
 * transport) belongs to one: what is thrown there goes to `fault`, which ends the one request with our error, gives back
 * what it holds, and never throws itself. So a fault takes neither the process nor the neighbours' turn with it.
 */
export interface FaultOwner {
  fault(error: unknown): void;
}
