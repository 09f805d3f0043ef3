import type { ApiObject } from '#libs/apimachinery';

/** Holds a namespace until what is in it is gone. */
export const CONTENTS_FINALIZER = 'signalbox.dev/contents';

/** Every namespace carries the finalizer, so that its deletion leaves time to delete what is in it. */
export function withContentsFinalizer(object: ApiObject): ApiObject {
  const { finalizers = [] } = object.metadata;
  if (finalizers.includes(CONTENTS_FINALIZER)) return object;
  return { ...object, metadata: { ...object.metadata, finalizers: [...finalizers, CONTENTS_FINALIZER] } };
}

/** Of a namespace that is stored: nobody takes the finalizer off but the namespace controller. */
export function keepingContentsFinalizer(object: ApiObject, stored: ApiObject): ApiObject {
  return stored.metadata.finalizers?.includes(CONTENTS_FINALIZER) ? withContentsFinalizer(object) : object;
}

export function withoutContentsFinalizer(object: ApiObject): ApiObject {
  const finalizers = (object.metadata.finalizers ?? []).filter((finalizer) => finalizer !== CONTENTS_FINALIZER);
  return { ...object, metadata: { ...object.metadata, finalizers } };
}

export const isTerminating = ({ metadata }: ApiObject): boolean => metadata.deletionTimestamp !== undefined;
