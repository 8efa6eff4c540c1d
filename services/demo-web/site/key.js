const name = "api-key";

/** For browsers that keep nothing for the page. */
let remembered = "";

/** The API's key, or "". */
export function apiKey() {
  try {
    return sessionStorage.getItem(name) ?? remembered;
  } catch {
    return remembered;
  }
}

/**
 * Keeps the key until the tab is closed; where the browser forbids that, until the page is left.
 * @param {string} key
 */
export function keepKey(key) {
  remembered = key;
  try {
    sessionStorage.setItem(name, key);
  } catch {
    // Then it is remembered only.
  }
}
