// @ts-check
/** Puts a button that copies the text above every `<pre data-copy>`. */
import { findAll, make } from "./find.js";

/** @param {HTMLElement} root */
export function offerCopy(root) {
  for (const pre of findAll(root, "pre[data-copy]")) {
    if (pre.parentElement?.classList.contains("copyable")) continue;
    const frame = make("div", { class: "copyable" });
    const button = make("button", { type: "button", class: "copy" }, "Copy");
    const said = make("span", { class: "visually-hidden", role: "status" });
    pre.replaceWith(frame);
    frame.append(button, pre, said);
    button.addEventListener("click", async () => {
      const copied = await copy(pre);
      button.textContent = copied ? "Copied" : "Press Ctrl-C";
      said.textContent = copied ? "Copied" : "The text is selected. Press Ctrl-C to copy it.";
      setTimeout(() => {
        button.textContent = "Copy";
        said.textContent = "";
      }, 2500);
    });
  }
}

/**
 * Copy the text; where the browser does not let a page do that, as without TLS, select it.
 * @param {HTMLElement} pre
 */
async function copy(pre) {
  try {
    await navigator.clipboard.writeText((pre.textContent ?? "").trimEnd());
    return true;
  } catch {
    getSelection()?.selectAllChildren(pre);
    return false;
  }
}
