// The rows of a result: numbers to the right, NULL told apart from a text, and no more than somebody wants to see.

import { at } from "../../v1/auth/login/files/view.js";
import { element } from "./dom.js";
import { count } from "./units.js";

const LONGEST = 2_000; // characters of one value

/** Show {columns, rows}, `most` rows of them, and return how many there are in words. */
export function show({ columns, rows }, most) {
  const numbers = columns.map((_, place) => rows.some((row) => isNumber(row[place])) && rows.every((row) => row[place] === null || isNumber(row[place])));
  const head = document.createElement("tr");
  head.append(...columns.map((name, place) => {
    const cell = element("th", name, numbers[place] ? "number" : "");
    cell.scope = "col";
    return cell;
  }));
  at("result-columns").replaceChildren(head);
  at("result-rows").replaceChildren(...rows.slice(0, most).map((row) => {
    const line = document.createElement("tr");
    line.append(...row.map((value, place) => cellOf(value, numbers[place])));
    return line;
  }));
  at("result").hidden = false;
  const told = count(rows.length, "row");
  return rows.length > most ? `${told}, the first ${most} are shown.` : `${told}.`;
}

/** Show none. */
export function hide() {
  at("result").hidden = true;
  at("result-columns").replaceChildren();
  at("result-rows").replaceChildren();
}

function cellOf(value, number) {
  if (value === null) {
    return element("td", "NULL", number ? "none number" : "none");
  }
  const text = String(value);
  const more = text.length - LONGEST;
  return element("td", more > 0 ? `${text.slice(0, LONGEST)} … (${count(more, "more character")})` : text, number ? "number" : "");
}

// The gateway sends the large ones as text; a text of digits beside numbers only is one of those.
function isNumber(value) {
  return typeof value === "number" || (typeof value === "string" && /^-?\d{16,19}$/.test(value));
}
