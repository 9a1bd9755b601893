// What a reader does with a page: one switch for the code of all pages.
// Runs in the head, so that code which is hidden is never seen to disappear.

(() => {
  const KEY = "oneshot-code";
  const root = document.documentElement;
  const remembered = () => { try { return localStorage.getItem(KEY); } catch { return null; } };
  const remember = (value) => { try { localStorage.setItem(KEY, value); } catch { /* a private page */ } };

  root.dataset.code = remembered() === "shown" ? "shown" : "hidden";

  function added() {
    const cells = document.querySelectorAll(".bd-article .cell_input");
    const place = document.querySelector(".article-header-buttons");
    if (!cells.length || !place) return;
    const button = Object.assign(document.createElement("button"), { type: "button", className: "btn btn-sm code-switch" });
    const show = () => {
      button.textContent = root.dataset.code === "shown" ? "Hide code" : "Show code";
      button.setAttribute("aria-pressed", String(root.dataset.code === "shown"));
    };
    button.addEventListener("click", () => {
      root.dataset.code = root.dataset.code === "shown" ? "hidden" : "shown";
      remember(root.dataset.code);
      show();
    });
    show();
    place.prepend(button);
  }

  // A plot of one panel, or a sheet of few columns, can be read at the width of a phone; others cannot.
  const NARROW = { svg: 600, png: 800 };
  function fitted() {
    for (const image of document.querySelectorAll(".bd-article .cell_output > figure > img")) {
      image.classList.toggle("fits", image.naturalWidth <= (NARROW[image.src.slice(-3)] ?? 0));
    }
  }

  // What is wider than the page moves sideways in its place: by touch, and by arrow keys once reached.
  function reachable() {
    fitted();
    for (const box of document.querySelectorAll(".bd-article :is(.cell_output, .cell_output .text_html, .pst-scrollable-table-container)")) {
      const wide = box.scrollWidth > box.clientWidth + 8; // less than that is a mark in the margin
      box.classList.toggle("sideways", wide);
      if (wide) {
        box.tabIndex = 0;
        box.setAttribute("role", "region");
        box.setAttribute("aria-label", "wider than the page: moves sideways");
      } else if (box.getAttribute("role") === "region") {
        for (const name of ["tabindex", "role", "aria-label"]) box.removeAttribute(name);
      }
    }
  }

  // The definition of a term, or the reference behind a citation, on hover and on focus.
  function tips() {
    const box = Object.assign(document.createElement("div"), { className: "tip", id: "tip", hidden: true });
    box.setAttribute("role", "tooltip");
    document.body.append(box);
    const hide = () => { box.hidden = true; };
    const show = (link) => {
      box.textContent = link.dataset.tip;
      box.hidden = false;
      const [at, page] = [link.getBoundingClientRect(), document.documentElement.clientWidth];
      box.style.left = `${Math.max(8, Math.min(at.left, page - box.offsetWidth - 8)) + scrollX}px`;
      const below = at.bottom + box.offsetHeight + 8 < innerHeight;
      box.style.top = `${(below ? at.bottom + 6 : at.top - box.offsetHeight - 6) + scrollY}px`;
    };
    for (const link of document.querySelectorAll(".bd-article .bibtex-citation a[title]")) {
      link.dataset.tip = link.title;
      link.removeAttribute("title");
    }
    for (const link of document.querySelectorAll(".bd-article [data-tip]")) {
      link.setAttribute("aria-describedby", "tip");
      for (const event of ["mouseenter", "focus"]) link.addEventListener(event, () => show(link));
      for (const event of ["mouseleave", "blur"]) link.addEventListener(event, hide);
    }
    document.addEventListener("keydown", ({ key }) => key === "Escape" && hide());
  }

  document.addEventListener("DOMContentLoaded", () => { added(); tips(); });
  for (const event of ["load", "resize", "oneshot:shown"]) window.addEventListener(event, reachable);
})();
