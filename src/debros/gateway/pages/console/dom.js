// The panels on the screen. Everything that comes from elsewhere is put in as text, never as markup; and what did not
// change is not touched, so that a selection, the focus and a screen reader stay where they are.

import { at } from "../../v1/auth/login/files/view.js";

/** Make an element with a text, and perhaps a class. */
export function element(tag, text = "", kind = "") {
  const made = document.createElement(tag);
  made.textContent = text;
  if (kind) {
    made.className = kind;
  }
  return made;
}

/** Write a text unless it stands there. */
export function put(target, text) {
  const written = String(text);
  if (target.textContent !== written) {
    target.textContent = written;
  }
}

/** Write texts by id. A text is a string, or {text, state} with good, warn, bad or unknown. */
export function tiles(texts) {
  for (const [id, value] of Object.entries(texts)) {
    state(at(id), value);
  }
}

/** Say something that is read aloud, and not shown. */
export function announce(text) {
  put(at("said"), text);
}

/** Show what went wrong in a panel, "" for nothing. */
export function trouble(panel, text) {
  put(at(`${panel}-trouble`), text);
}

/**
 * Make a table's body show these items: rows that stay are kept, others come and go.
 *
 * `key` names an item; `cells` returns what stands in its columns: a string, or {text, state, kind, button} where
 * `button` is {text, label, press}, and `press` is called with the item as it is then. The first one heads its row.
 */
export function fill(body, items, { key, cells }) {
  const labels = [...body.parentElement.querySelectorAll("thead th")].map((one) => one.textContent);
  const before = new Map([...body.rows].map((row) => [row.dataset.key, row]));
  let last = null;
  for (const item of items) {
    const name = String(key(item));
    const row = before.get(name) ?? newRow(name);
    before.delete(name);
    row.item = item;
    cells(item).forEach((cell, place) => fillCell(row, place, cell, labels[place] ?? ""));
    if (row.previousElementSibling !== last || row.parentElement !== body) {
      last ? last.after(row) : body.prepend(row);
    }
    last = row;
  }
  const lost = [...before.values()].some((row) => row.contains(document.activeElement));
  before.forEach((row) => row.remove());
  if (lost) { // the focus would be at the page's beginning
    body.closest("section").querySelector("h2").focus();
  }
}

function newRow(name) {
  const row = document.createElement("tr");
  row.dataset.key = name;
  row.setAttribute("role", "row");
  return row;
}

function fillCell(row, place, given, label) {
  const cell = row.cells[place] ?? row.appendChild(newCell(place, label));
  const value = typeof given === "object" ? given : { text: given };
  cell.className = value.kind ?? "";
  if (value.button) {
    fillButton(row, cell, value.button);
  } else {
    state(cell.firstElementChild ?? cell.appendChild(element("span")), value);
  }
}

function newCell(place, label) {
  const cell = document.createElement(place === 0 ? "th" : "td");
  cell.setAttribute("role", place === 0 ? "rowheader" : "cell");
  cell.dataset.label = label;
  return cell;
}

function fillButton(row, cell, { text, label, press, danger = false }) {
  let button = cell.firstElementChild;
  if (!button) {
    button = cell.appendChild(element("button", text, danger ? "danger" : ""));
    button.type = "button";
    button.addEventListener("click", () => press(row.item, button));
  }
  put(button, text);
  if (button.getAttribute("aria-label") !== label) {
    button.setAttribute("aria-label", label);
  }
}

function state(target, given) {
  const value = typeof given === "object" ? given : { text: given };
  put(target, value.text);
  if ((target.dataset.state ?? "") !== (value.state ?? "")) {
    value.state ? target.dataset.state = value.state : delete target.dataset.state;
  }
}
