/** What other modules inject: they need the interfaces of object-store.ts, not the classes behind them. */
export const OBJECT_STORE = Symbol('ObjectStore');
export const CHANGE_FEED = Symbol('ChangeFeed');
