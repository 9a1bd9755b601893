// Runs between require.js and the widget manager, on pages with widgets.
// The theme's icons must leave the icons of widgets alone, and modules must resolve to the vendored
// files beside this script from any page, also when the page is opened from disk.
window.FontAwesomeConfig = Object.assign(window.FontAwesomeConfig ?? {}, { observeMutations: false });
requirejs.config({ baseUrl: new URL("vendor/", document.currentScript.src).href });
