import type { QueryRunner } from 'typeorm';

/** Another replica has taken the lead: this one's write was refused, whatever it still believes. */
export class LeadershipLostError extends Error {
  constructor(
    readonly epoch: number,
    readonly currentEpoch: number,
  ) {
    super(`leadership epoch ${epoch} has ended: the current epoch is ${currentEpoch}`);
    this.name = 'LeadershipLostError';
  }
}

/** The share lock makes a take-over wait until this transaction ends, so the check holds up to the commit. */
export async function checkEpoch(queryRunner: QueryRunner, epoch: number): Promise<void> {
  const [leader] = (await queryRunner.query('SELECT epoch FROM leader FOR SHARE')) as [{ epoch: string }];
  if (Number(leader.epoch) !== epoch) throw new LeadershipLostError(epoch, Number(leader.epoch));
}
