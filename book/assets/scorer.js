// What the search puts first: the page that is called so, then titles, the text of pages, the API.
var Scorer = {
  score: ([docname, , anchor, , score]) => {
    const asked = new URLSearchParams(location.search).get("q") ?? "";
    const called = docname.split("/").pop() === asked.trim().toLowerCase().replaceAll(" ", "_");
    return score
      + (called ? 120 : 0)
      + (docname.startsWith("notebooks/") ? 10 : 0)
      - (docname.startsWith("book/api") || docname === "book/gallery" ? 20 : 0)
      + (anchor === "" ? 5 : 0);
  },
  objNameMatch: 11,
  objPartialMatch: 6,
  objPrio: { 0: 0, 1: 0, 2: -5 },
  objPrioDefault: 0,
  title: 60,
  partialTitle: 7,
  term: 5,
  partialTerm: 2,
};
