// A question before something that cannot be taken back. Cancel has the focus, and Escape means it.

import { at } from "../../v1/auth/login/files/view.js";
import { put } from "./dom.js";

/** Ask; return whether somebody said yes. */
export function confirmed({ title, text, yes }) {
  const dialog = at("ask");
  put(at("ask-title"), title);
  put(at("ask-text"), text);
  put(at("ask-yes"), yes);
  return new Promise((resolve) => {
    const answer = (event) => dialog.close(event.currentTarget.id);
    at("ask-yes").onclick = answer;
    at("ask-no").onclick = answer;
    dialog.onclose = () => resolve(dialog.returnValue === "ask-yes");
    dialog.returnValue = "";
    dialog.showModal();
  });
}

/** Take the question away: whoever was asked has gone. */
export function unask() {
  at("ask").close("");
}
