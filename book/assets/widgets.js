// Shows the anywidgets of a page that has no kernel: a host for anywidget front-end modules.
// https://anywidget.dev/en/afm: a module has `render({ model, el })`; the model gets and sets values
// and tells who listens of changes. The values are those that papermill saved with the notebook.

(() => {
  const TYPE = "application/vnd.jupyter.widget";

  class Model {
    #state;
    #listeners = new Map();
    #changed = new Set();

    constructor({ state, buffers = [] }) {
      this.#state = { ...state };
      for (const { path: [name], data } of buffers) {
        const bytes = Uint8Array.from(atob(data), (letter) => letter.charCodeAt(0));
        this.#state[name] = new DataView(bytes.buffer);
      }
    }

    get(name) { return this.#state[name]; }

    set(name, value) {
      if (this.#state[name] === value) return;
      this.#state[name] = value;
      this.#changed.add(name);
      this.#tell(`change:${name}`);
      this.#tell("change");
    }

    save_changes() { this.#changed.clear(); }

    send() {} // there is nobody to send to

    on(event, listener) {
      this.#listeners.set(event, [...(this.#listeners.get(event) ?? []), listener]);
    }

    off(event, listener) {
      const kept = (this.#listeners.get(event) ?? []).filter((other) => listener && other !== listener);
      this.#listeners.set(event, kept);
    }

    #tell(event) { for (const listener of this.#listeners.get(event) ?? []) listener(); }
  }

  const modules = new Map(); // widgets of one kind share the module that their text makes

  function loaded(text) {
    if (!modules.has(text)) {
      const address = URL.createObjectURL(new Blob([text], { type: "text/javascript" }));
      modules.set(text, import(address).then(({ default: made }) => (typeof made === "function" ? made() : made)));
    }
    return modules.get(text);
  }

  const styles = new Set();

  function styled(text) {
    if (!text || styles.has(text)) return;
    styles.add(text);
    document.head.append(Object.assign(document.createElement("style"), { textContent: text }));
  }

  async function show(place, entry) {
    const model = new Model(entry);
    const el = Object.assign(document.createElement("div"), { className: "widget" });
    styled(model.get("_css"));
    const widget = await loaded(model.get("_esm"));
    await widget.initialize?.({ model });
    await widget.render?.({ model, el });
    place.replaceWith(el);
    el.dispatchEvent(new CustomEvent("oneshot:shown", { bubbles: true }));
  }

  async function showAll() {
    const saved = document.querySelector(`script[type="${TYPE}-state+json"]`);
    if (!saved) return;
    const { state } = JSON.parse(saved.textContent);
    for (const place of document.querySelectorAll(`script[type="${TYPE}-view+json"]`)) {
      await show(place, state[JSON.parse(place.textContent).model_id]);
    }
  }

  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", showAll);
  else showAll();
})();
