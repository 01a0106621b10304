// Sorting and filtering. Without this file all tables are complete and readable.
"use strict";

const MISSING = "–";
const FEW_ROWS = 5;

function sortKey(row, place) {
  const cell = row.cells[place];
  if (cell.dataset.sort !== undefined) return Number(cell.dataset.sort);
  const text = cell.textContent.trim();
  return text.startsWith(MISSING) ? null : text.toLowerCase();
}

function compare(a, b) {
  if (typeof a === "number" && typeof b === "number") return a - b;
  return String(a).localeCompare(String(b), "en", { numeric: true });
}

function sortBy(table, place, direction) {
  const body = table.tBodies[0];
  const rows = [...body.rows].map((row) => ({ row, key: sortKey(row, place) }));
  const missing = rows.filter(({ key }) => key === null);
  const known = rows.filter(({ key }) => key !== null);
  known.sort((a, b) => direction * compare(a.key, b.key));
  // What is missing goes last, whatever the direction.
  body.append(...[...known, ...missing].map(({ row }) => row));
}

function makeSortable(table) {
  const headings = [...table.tHead.rows[0].cells];
  headings.forEach((heading, place) => {
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = heading.textContent;
    heading.replaceChildren(button);
    button.addEventListener("click", () => {
      const ascending = heading.getAttribute("aria-sort") !== "ascending";
      headings.forEach((other) => other.removeAttribute("aria-sort"));
      heading.setAttribute("aria-sort", ascending ? "ascending" : "descending");
      sortBy(table, place, ascending ? 1 : -1);
    });
  });
}

function makeFilterable(block, table) {
  const rows = [...table.tBodies[0].rows];
  const label = document.createElement("label");
  const field = document.createElement("input");
  const said = document.createElement("span");
  label.className = "filter";
  label.append("Filter rows ", field);
  field.type = "search";
  said.className = "said";
  said.setAttribute("role", "status");
  field.addEventListener("input", () => {
    const words = field.value.toLowerCase().split(/\s+/).filter(Boolean);
    let shown = 0;
    rows.forEach((row) => {
      const text = row.textContent.toLowerCase();
      row.hidden = !words.every((word) => text.includes(word));
      shown += row.hidden ? 0 : 1;
    });
    said.textContent = words.length ? `${shown} of ${rows.length} rows` : "";
  });
  label.append(said);
  block.prepend(label);
}

for (const block of document.querySelectorAll(".table:not(.plain)")) {
  const table = block.querySelector("table");
  makeSortable(table);
  if (table.tBodies[0].rows.length > FEW_ROWS) makeFilterable(block, table);
}

// A link to a table inside closed details opens them; on paper all are open.
function reveal() {
  const target = location.hash && document.getElementById(location.hash.slice(1));
  const details = target && target.closest("details");
  if (details) {
    details.open = true;
    details.scrollIntoView();
  }
}
addEventListener("hashchange", reveal);
reveal();
addEventListener("beforeprint", () => {
  for (const details of document.querySelectorAll("details")) details.open = true;
});
