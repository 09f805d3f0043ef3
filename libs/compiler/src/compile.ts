import { BackendDirectory } from './backends.js';
import type { CompileInput, CompileOutput } from './compile-types.js';
import { makeConditions } from './conditions.js';
import { compileConsumers } from './consumers.js';
import { encodeEntries } from './draft-entry.js';
import { takeIn } from './intake.js';
import { compileKeyPools } from './key-pools.js';
import { orderMatches } from './match-order.js';
import { compileRoutes } from './routes.js';

/**
 * Resources in, routing table and conditions out. Pure: the same objects give the same bytes and the same words, in any
 * order and on any replica. Never throws for what an object holds: a bad one is told so and leaves the others alone.
 */
export function compile(input: CompileInput): CompileOutput {
  const intake = takeIn(input.objects);
  const pools = compileKeyPools(intake, input);
  const matches = orderMatches(intake);
  const routes = compileRoutes(intake, new BackendDirectory(intake, pools), matches.conflicted);
  const consumers = compileConsumers(intake);
  const concerns = [pools, matches, routes, consumers];
  return {
    entries: encodeEntries(concerns.flatMap(({ drafts }) => drafts)),
    conditions: makeConditions(
      intake.objects,
      [intake, ...concerns].flatMap(({ findings }) => findings),
    ),
  };
}
