import { AuditRow } from './audit/audit.entity.js';
import { FleetCommandAnswerRow, FleetCommandRow } from './commands/command.entity.js';
import { ReplicaRow } from './fleet/replica.entity.js';
import { ReplicaKeysRow } from './key-rotation/replica-keys.entity.js';
import { LeaderRow } from './leader/leader.entity.js';
import { LogRow, ObjectRevisionRow, ObjectRow } from './store/object.entity.js';

/** Every table beside `meta`: handed to the database, so that it needs to know none of the modules that use it. */
export const entities = [
  ObjectRow,
  LogRow,
  ObjectRevisionRow,
  AuditRow,
  LeaderRow,
  ReplicaRow,
  ReplicaKeysRow,
  FleetCommandRow,
  FleetCommandAnswerRow,
];
