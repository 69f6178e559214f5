// @ts-check
/**
 * Asks again before `<form data-confirm="Revoke the key?">` is sent: by a second press of its
 * button, which says the text meanwhile. After a few seconds, or elsewhere, it is as before.
 * What a double click presses is one press: the second counts when the text has been there to read.
 */
import { findAll } from "./find.js";

const PATIENCE_MS = 6000;
const DOUBLE_CLICK_MS = 700;

/** @param {HTMLElement} root */
export function askTwice(root) {
  for (const form of findAll(root, "form[data-confirm]")) {
    if (form.dataset.asking !== undefined) continue;
    form.dataset.asking = "";
    // In the capture phase: before htmx, which would send the form.
    form.addEventListener("submit", hold, { capture: true });
  }
}

/** @param {SubmitEvent} event */
function hold(event) {
  const form = /** @type {HTMLFormElement} */ (event.currentTarget);
  const button = /** @type {HTMLButtonElement | null} */ (
    event.submitter ?? form.querySelector("button:not([type=button])")
  );
  const isTooSoon = button?.ariaDisabled === "true";
  if (!button || (form.dataset.asking && !isTooSoon)) return; // pressed twice
  event.preventDefault();
  event.stopImmediatePropagation();
  if (isTooSoon) return;
  const before = [...button.childNodes];
  const restore = () => {
    clearTimeout(timer);
    clearTimeout(reading);
    button.ariaDisabled = null;
    form.dataset.asking = "";
    button.classList.remove("confirming");
    button.replaceChildren(...before);
  };
  const timer = setTimeout(restore, PATIENCE_MS);
  const reading = setTimeout(() => (button.ariaDisabled = null), DOUBLE_CLICK_MS);
  form.dataset.asking = "yes";
  button.ariaDisabled = "true";
  button.classList.add("confirming");
  button.replaceChildren(form.dataset.confirm ?? "");
  button.focus();
  button.addEventListener("blur", restore, { once: true });
}
