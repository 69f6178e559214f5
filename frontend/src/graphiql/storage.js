// @ts-check
/**
 * Keeps tabs, history and panes of each user and service apart, in the storage of the browser.
 *
 * A browser that allows no storage gets the page without memory.
 * @param {string} service
 * @param {string} user
 */
export function storageOf(service, user) {
  const prefix = `watchword:${service}:${user}:`;
  /** @type {Storage} */
  let storage;
  try {
    storage = window.localStorage;
  } catch {
    return null;
  }
  const keys = () => Object.keys(storage).filter((key) => key.startsWith(prefix));
  return {
    getItem: (/** @type {string} */ key) => storage.getItem(prefix + key),
    setItem: (/** @type {string} */ key, /** @type {string} */ value) =>
      storage.setItem(prefix + key, value),
    removeItem: (/** @type {string} */ key) => storage.removeItem(prefix + key),
    clear: () => keys().forEach((key) => storage.removeItem(key)),
    get length() {
      return keys().length;
    },
  };
}
