// What the search puts first: pages whose title has the words, then the text of pages, then the API.
var Scorer = {
  score: ([docname, , anchor, , score]) => score
    + (docname.startsWith("notebooks/") ? 10 : 0)
    - (docname.startsWith("book/api") || docname === "book/gallery" ? 20 : 0)
    + (anchor === "" ? 5 : 0),
  objNameMatch: 11,
  objPartialMatch: 6,
  objPrio: { 0: 0, 1: 0, 2: -5 },
  objPrioDefault: 0,
  title: 60,
  partialTitle: 7,
  term: 5,
  partialTerm: 2,
};
