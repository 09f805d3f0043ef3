import { InitialSchema1763712000000 } from './1763712000000-initial-schema.js';
import { Sessions1763712000120 } from './1763712000120-sessions.js';
import { KeyedAudit1763712000160 } from './1763712000160-keyed-audit.js';
import { ReplicaEncryptsUnder1763712000170 } from './1763712000170-replica-encrypts-under.js';
import { FleetCommands1763712000200 } from './1763712000200-fleet-commands.js';

/**
 * Every migration, oldest first. Forward-only: a migration that has shipped is never edited or reverted; what has to
 * change is changed by the next one, in a way that the release before it can still run against.
 */
export const migrations = [
  InitialSchema1763712000000,
  Sessions1763712000120,
  KeyedAudit1763712000160,
  ReplicaEncryptsUnder1763712000170,
  FleetCommands1763712000200,
];
