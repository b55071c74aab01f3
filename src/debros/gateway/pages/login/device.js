// The first steps for a device: its code is typed or came with the address, and people see whose it is.

import { post } from "./gateway.js";
import { at, fixNamespace, press, show, write } from "./view.js";

/** Begin with the code; code and namespace are noted in the request. */
export function begin(steps) {
  const { userCode } = steps.request;
  at("code-form").addEventListener("submit", (event) => {
    event.preventDefault();
    lookUp(steps);
  });
  press("device-yes", () => show("wallet"));
  press("device-no", steps.deny);
  show("code", { first: true });
  if (userCode) {
    // It need not stay in the address, where somebody may read it over a shoulder or in the history.
    history.replaceState(null, "", "?device=1");
    at("code").value = userCode;
    lookUp(steps);
  }
}

function lookUp({ request, doing }) {
  at("code").removeAttribute("aria-invalid");
  doing("Looking for the device …", async (still) => {
    const userCode = at("code").value;
    let found;
    try {
      found = await post("device/lookup", { user_code: userCode });
    } catch (error) {
      if (error.code === "user_code_not_found" && still()) {
        at("code").setAttribute("aria-invalid", "true");
        at("code").focus();
      }
      throw error;
    }
    if (!still()) {
      return;
    }
    Object.assign(request, { userCode, namespace: found.namespace ?? "" });
    if (found.namespace) {
      fixNamespace(found.namespace);
    }
    write({
      "device-code": spelled(userCode),
      "device-name": found.client_name,
      "device-address": found.address,
      "device-namespace": found.namespace ?? "as you choose",
    });
    show("device");
  });
}

function spelled(code) {
  const letters = code.replace(/[\s-]/g, "").toUpperCase();
  return `${letters.slice(0, 4)}-${letters.slice(4)}`;
}
