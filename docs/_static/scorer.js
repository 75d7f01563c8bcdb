// Order of what a search finds: guides, then what explains, then the reference, which has every word.
const RANKS = [
  [/^(howto\/|install|quickstart|which-model|faq|glossary|citing|learn$)/, 300],
  [/^(changelog|contributing|security|benchmarks|generated\/commands)/, 100],
  [/^generated\/psysal/, 0],
  [/./, 200],
];
var Scorer = {
  score: ([page, , , , score, , kind]) =>
    score + (kind === "object" ? 0 : RANKS.find(([pages]) => pages.test(page))[1]),
  objNameMatch: 11,
  objPartialMatch: 6,
  objPrio: { 0: 15, 1: 5, 2: -5 },
  objPrioDefault: 0,
  title: 15,
  partialTitle: 7,
  term: 5,
  partialTerm: 2,
};
