// Order of what a search finds: guides before the reference, which has every word in it.
var Scorer = {
  score: ([docname, , , , score, , kind]) =>
    score + (docname.startsWith("generated/psysal") || kind === "object" ? 0 : 100),
  objNameMatch: 11,
  objPartialMatch: 6,
  objPrio: { 0: 15, 1: 5, 2: -5 },
  objPrioDefault: 0,
  title: 15,
  partialTitle: 7,
  term: 5,
  partialTerm: 2,
};
