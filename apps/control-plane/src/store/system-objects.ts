import { ApiError, type ApiObject, equal, forbidden } from '#libs/apimachinery';
import { SYSTEM_NAMESPACE, SYSTEM_SECRET_TYPE } from '#libs/resources';
import { groups } from '../auth/identity.js';
import type { ObjectWrite, Origin } from './object-store.js';
import { SEALED_ANNOTATION } from './sealed-object.js';

/** Where a person who wants another CA or key reads on. */
const ROTATION = 'docs/production.md says how it is replaced';

/**
 * The last word on what belongs to the product itself, whatever the API above has let through: `signalbox-system` is written
 * by the control plane and by admins, and the Secrets that the control plane made for itself are changed and deleted by
 * nobody else. Without them every data plane and client would lose its trust at the next start. Throws a 403.
 */
export function protectSystemObjects(writes: readonly ObjectWrite[], origin: Origin): readonly ObjectWrite[] {
  if (origin.user.startsWith('system:')) return writes;
  const isAdmin = origin.groups.includes(groups.admins);
  return writes.map((write) => {
    if (isInSystem(write.key) && !isAdmin) return refused(write);
    return isSecret(write) ? guarded(write) : write;
  });
}

function refused(write: ObjectWrite): ObjectWrite {
  const { kind, name } = write.key;
  return {
    ...write,
    mutate: () => {
      throw forbidden(`only admins may write in the namespace "${SYSTEM_NAMESPACE}"`, kind, name);
    },
  };
}

const isSecret = ({ key: { kind } }: ObjectWrite): boolean => kind.group === '' && kind.kind === 'Secret';

const isInSystem = ({ kind, namespace, name }: ObjectWrite['key']): boolean =>
  namespace === SYSTEM_NAMESPACE || (kind.group === '' && kind.kind === 'Namespace' && name === SYSTEM_NAMESPACE);

function guarded(write: ObjectWrite): ObjectWrite {
  const { kind, name } = write.key;
  return {
    ...write,
    mutate: (stored) => {
      // Of one that can't be decrypted the type isn't known: it may be one of them.
      const was =
        stored?.['type'] === SYSTEM_SECRET_TYPE ||
        (isInSystem(write.key) && stored?.metadata.annotations?.[SEALED_ANNOTATION] !== undefined);
      const next = mutated(write, stored, was);
      const is = next?.['type'] === SYSTEM_SECRET_TYPE;
      if (was && !equal(next && contentOf(next), stored && contentOf(stored))) {
        throw untouchable(write, next ? 'changed' : 'deleted');
      }
      if (is && !was) {
        throw forbidden(
          `the type ${SYSTEM_SECRET_TYPE} is for Secrets of the control plane itself; use Opaque`,
          kind,
          name,
        );
      }
      return next;
    },
  };
}

/** What is wrong with the content of one that nobody changes is beside the point: "delete it and create it anew" above all. */
function mutated(write: ObjectWrite, stored: ApiObject | undefined, untouched: boolean): ApiObject | undefined {
  try {
    return write.mutate(stored);
  } catch (error) {
    if (untouched && error instanceof ApiError && error.code === 422) throw untouchable(write, 'changed');
    throw error;
  }
}

function untouchable({ key: { kind, name } }: ObjectWrite, verb: 'changed' | 'deleted'): ApiError {
  return forbidden(
    `the control plane made this Secret for itself, so it is not ${verb} by hand; ${ROTATION}`,
    kind,
    name,
  );
}

function contentOf({ metadata: _metadata, ...content }: ApiObject): object {
  return content;
}
