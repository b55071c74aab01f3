// The tables and views of the namespace.

import { at } from "../../v1/auth/login/files/view.js";
import { call } from "./account.js";
import { fill, put } from "./dom.js";
import { write } from "./query.js";
import { count } from "./units.js";

/** Ask for them, and show them. */
export async function load() {
  const { tables } = await call("../rqlite/schema");
  const views = tables.filter((one) => one.type === "view").length;
  put(at("tables-summary"), `${count(tables.length - views, "table")}, ${count(views, "view")}.`);
  fill(at("tables-rows"), tables, { key: (table) => table.name, cells });
}

function cells({ name, type, columns }) {
  return [
    { text: name, kind: "code" },
    type,
    { text: columns.map(column).join(", "), kind: "code" },
    { button: { text: "Look inside", label: `Look inside ${name}`, press: lookInside } },
  ];
}

function column({ name, type, nullable, pk }) {
  return [name, type, pk ? "KEY" : "", nullable || pk ? "" : "NOT NULL"].filter(Boolean).join(" ");
}

function lookInside({ name }) {
  write(`SELECT * FROM "${name.replaceAll('"', '""')}" LIMIT 100`);
}
