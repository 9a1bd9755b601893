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

  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", added);
  else added();
})();
