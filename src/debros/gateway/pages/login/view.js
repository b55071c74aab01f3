// What is on the screen. Everything that comes from elsewhere is put in as text, never as markup.

/** Return an element of the page. */
export function at(id) {
  return document.getElementById(id);
}

/** Write texts into elements, by id. */
export function write(texts) {
  for (const [id, text] of Object.entries(texts)) {
    at(id).textContent = text;
  }
}

/**
 * Show one step, and lead keyboard and screen reader to its heading.
 *
 * The page's first one leaves them at the top, and one that is there already where they are.
 */
export function show(step, { first = false } = {}) {
  const there = !at(`step-${step}`).hidden;
  for (const section of document.querySelectorAll('section[id^="step-"]')) {
    section.hidden = section.id !== `step-${step}`;
  }
  forgive();
  tell("");
  if (!first && !there) {
    at(`${step}-title`).focus();
  }
}

/** Say quietly what is going on. */
export function tell(text) {
  at("status").textContent = text;
}

/** Say loudly what went wrong. */
export function complain({ title, text, ways }) {
  const parts = [element("h2", title), element("p", text)];
  if (ways.length) {
    const list = document.createElement("ul");
    list.append(...ways.map((way) => element("li", way)));
    parts.push(list);
  }
  tell("");
  at("problem").replaceChildren(...parts);
  at("problem").scrollIntoView({ block: "nearest" });
}

/** Take the complaint away. */
export function forgive() {
  at("problem").replaceChildren();
}

/** Show a namespace that nobody has to choose. */
export function fixNamespace(name) {
  at("namespace-field").hidden = true;
  at("namespace-fixed").hidden = false;
  write({ "namespace-fixed": `Namespace: ${name}` });
}

/** Switch buttons off while something is under way; they keep the focus, which `disabled` would take. */
export function busy(on) {
  for (const button of document.querySelectorAll("main button")) {
    if (on && !button.matches("[data-always]")) {
      button.setAttribute("aria-disabled", "true");
    } else {
      button.removeAttribute("aria-disabled");
    }
  }
}

/** Call something when a button is pressed, unless it is switched off. */
export function press(id, action) {
  at(id).addEventListener("click", () => {
    if (at(id).getAttribute("aria-disabled") !== "true") {
      action();
    }
  });
}

/** Copy what an element says, and tell so on the button; without the right to copy it is ready for Ctrl-C. */
export async function copyText(id, button) {
  try {
    await navigator.clipboard.writeText(at(id).textContent);
    at(button).textContent = "Copied";
  } catch {
    getSelection().selectAllChildren(at(id));
    at(button).textContent = "Selected: copy it with your keyboard";
  }
}

/** List the wallets; `chosen` is called with one. The focus stays where it is when the list grows. */
export function listWallets(wallets, chosen) {
  const focused = [...at("wallets").querySelectorAll("button")].indexOf(document.activeElement);
  at("wallets").replaceChildren(
    ...wallets.map((wallet) => {
      const button = document.createElement("button");
      button.type = "button";
      const label = element("span", wallet.name);
      const from = element("span", wallet.from);
      from.className = "from";
      label.append(from);
      button.append(picture(wallet.icon), label);
      button.addEventListener("click", () => {
        if (button.getAttribute("aria-disabled") !== "true") {
          chosen(wallet);
        }
      });
      const item = document.createElement("li");
      item.append(button);
      return item;
    }),
  );
  at("wallets").querySelectorAll("button")[focused]?.focus();
}

function picture(icon) {
  const image = document.createElement(icon ? "img" : "span");
  if (icon) {
    image.src = icon;
    image.alt = ""; // the name stands beside it
  } else {
    image.className = "no-icon";
  }
  return image;
}

function element(tag, text) {
  const made = document.createElement(tag);
  made.textContent = text;
  return made;
}
