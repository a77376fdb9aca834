"use strict";
(() => {
  const read = (id) => JSON.parse(document.getElementById(id).textContent);
  const dark = matchMedia("(prefers-color-scheme: dark)");
  const touch = matchMedia("(pointer: coarse)");

  /* Figures: drawn one after the other, and again when the theme changes. */
  const { panels, names, runs } = read("figures");
  const config = {
    responsive: true,
    displayModeBar: false,
  };

  const painted = (value, style, key = "") => {
    if (Array.isArray(value)) return value.map((part) => painted(part, style, key));
    if (value && typeof value === "object") {
      return Object.fromEntries(
        Object.entries(value).map(([name, part]) => [name, painted(part, style, name)]),
      );
    }
    const named = /color(scale)?$/.test(key) && String(value).startsWith("--");
    return named ? style.getPropertyValue(value).trim() : value;
  };

  const told = (run) => {
    const [id, ...values] = runs[run];
    const lines = values.map((value, i) => value && `${names[i]} ${value}`).filter(Boolean);
    return [`<b>${id}</b>`, ...lines].join("<br>");
  };

  const draw = async (place) => {
    const style = getComputedStyle(document.documentElement);
    const { data, layout } = painted(panels[place.dataset.panel], style);
    for (const trace of data) {
      if (trace.customdata) trace.hovertext = trace.customdata.map(told);
    }
    layout.font = {
      family: getComputedStyle(document.body).fontFamily,
      size: 12,
      color: style.getPropertyValue("--soft").trim(),
    };
    layout.hoverlabel = {
      align: "left",
      bgcolor: style.getPropertyValue("--card").trim(),
      bordercolor: style.getPropertyValue("--rule").trim(),
      font: { color: style.getPropertyValue("--ink").trim() },
    };
    layout.dragmode = touch.matches ? false : "zoom";
    await Plotly.react(place, data, layout, config);
    place.dataset.state = "drawn";
  };

  const drawAll = async () => {
    for (const place of document.querySelectorAll("[data-panel]")) {
      await draw(place);
      await new Promise((done) => setTimeout(done));
    }
    document.documentElement.dataset.state = "drawn";
  };

  /* Tables: a button in a heading sorts by its column; blank cells stay last. */
  const key = (row, column) => row.cells[column].dataset.value ?? row.cells[column].textContent.trim();

  const compare = (one, other) => {
    if (one === "" || other === "") return (one === "") - (other === "");
    const difference = Number(one) - Number(other);
    return Number.isNaN(difference)
      ? one.localeCompare(other, undefined, { numeric: true })
      : difference;
  };

  const sort = (heading) => {
    const table = heading.closest("table");
    const downward = heading.getAttribute("aria-sort") === "ascending";
    const within = (heading.dataset.within || "").split(" ").filter(Boolean).map(Number);
    const body = table.tBodies[0];
    const rows = [...body.rows].map((row) => ({
      row,
      groups: within.map((column) => key(row, column)),
      value: key(row, heading.cellIndex),
    }));
    rows.sort((a, b) => {
      for (const [i, group] of a.groups.entries()) {
        const apart = compare(group, b.groups[i]);
        if (apart) return apart;
      }
      const blank = (a.value === "") - (b.value === "");
      return blank || (downward ? compare(b.value, a.value) : compare(a.value, b.value));
    });
    body.append(...rows.map(({ row }) => row));
    for (const other of table.tHead.rows[0].cells) other.removeAttribute("aria-sort");
    heading.setAttribute("aria-sort", downward ? "descending" : "ascending");
    const note = heading.dataset.note ? `, ${heading.dataset.note}` : "";
    document.getElementById("sorted").textContent =
      `sorted by ${heading.textContent.trim()}, ${downward ? "descending" : "ascending"}${note}`;
  };

  for (const button of document.querySelectorAll("th button")) {
    button.addEventListener("click", () => sort(button.closest("th")));
  }
  dark.addEventListener("change", drawAll);
  drawAll();
})();
