// @ts-check
/** What the status line and the toolbar show: one value, replaced as answers come in. */
import { useSyncExternalStore } from "react";

/**
 * @template T
 * @param {T} first
 */
export function makeStore(first) {
  let value = first;
  /** @type {Set<() => void>} */
  const listeners = new Set();
  const subscribe = (/** @type {() => void} */ listener) => {
    listeners.add(listener);
    return () => listeners.delete(listener);
  };
  const get = () => value;
  return {
    get,
    /** @param {Partial<T>} changed */
    set(changed) {
      value = { ...value, ...changed };
      for (const listener of listeners) listener();
    },
    use: () => useSyncExternalStore(subscribe, get),
  };
}
