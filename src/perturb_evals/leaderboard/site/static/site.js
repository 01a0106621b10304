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

const rowsOf = (body) => [...body.rows].filter((row) => !row.matches(".group"));

// Each group by itself: across tracks nothing is ranked.
function sortBy(table, place, direction) {
  for (const body of table.tBodies) {
    const rows = rowsOf(body).map((row) => ({ row, key: sortKey(row, place) }));
    const missing = rows.filter(({ key }) => key === null);
    const known = rows.filter(({ key }) => key !== null);
    known.sort((a, b) => direction * compare(a.key, b.key));
    // What is missing goes last, whatever the direction.
    body.append(...[...known, ...missing].map(({ row }) => row));
  }
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
  const nRows = [...table.tBodies].flatMap(rowsOf).length;
  if (nRows > FEW_ROWS && !block.matches(".grouped")) makeFilterable(block, table);
}

// Only a table that is wider than its box says that it can be scrolled.
const widths = new ResizeObserver((boxes) => {
  for (const { target } of boxes) {
    const box = target.closest(".box");
    const wider = box.scrollWidth > box.clientWidth;
    box.parentElement.classList.toggle("wider", wider);
    box.parentElement.classList.toggle("fits", !wider);
  }
});
for (const table of document.querySelectorAll(".box > table")) widths.observe(table);

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
