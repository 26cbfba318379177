// The editor of the home page: examples, prefixes and terms flow in from this server alone, a Yasgui on them flows out.
"use strict";

const BASE = "https://w3id.org/pmkg/";
const { Yasqe, Yasr } = Yasgui;

async function fetchJson(path) {
  const response = await fetch(path);
  if (!response.ok) throw new Error(`${path}: ${response.status}`);
  return response.json();
}

// Completions: ours take the place of the built-in ones, which ask prefix.cc and Linked Open Vocabularies.

function completeFrom(terms) {
  return (yasqe, token) => {
    const typed = (token?.autocompletionString || "").toLowerCase();
    // "def:trial", "<https://…", or a word of the label: the part after the prefix may stand anywhere in the label.
    const word = typed.slice(typed.lastIndexOf(typed.includes("/") ? "/" : ":") + 1);
    const fits = (term) =>
      term.iri.toLowerCase().startsWith(typed) ||
      (word.length > 1 && (!token.tokenPrefixUri || term.iri.startsWith(token.tokenPrefixUri)) && term.label.toLowerCase().includes(word));
    return terms.filter(fits).slice(0, 100).map((term) => term.iri);
  };
}

function setUpCompletions({ prefixes, classes, properties }) {
  const lines = Object.entries(prefixes).map(([name, iri]) => `${name}: <${iri}>`).sort();
  const labels = new Map([...classes, ...properties].map((term) => [term.iri, term.label]));
  const known = Object.entries(prefixes).sort((a, b) => b[1].length - a[1].length);
  // A picked term is written with its prefix, which is declared where the query does not declare it yet.
  const pick = (yasqe, data, hint) => {
    yasqe.replaceRange(hint.text, hint.from || data.from, hint.to || data.to, "complete");
    const name = /^([^:<]+):/.exec(hint.text)?.[1];
    if (name && prefixes[name] && !yasqe.getPrefixesFromQuery()[name]) yasqe.addPrefixes({ [name]: prefixes[name] });
  };
  const describe = (yasqe, hints) => {
    const declared = { ...prefixes, ...yasqe.getPrefixesFromQuery() };
    return hints.map((hint) => {
      const iri = expand(hint.text, declared);
      return { ...hint, displayText: `${shorten(iri, known)}  ${labels.get(iri) || ""}`, hint: pick };
    });
  };
  Yasqe.forkAutocompleter("prefixes", { name: "prefixes", persistenceId: null, get: async () => lines });
  const term = (name, terms) =>
    Yasqe.forkAutocompleter(name, {
      name,
      bulk: false,
      persistenceId: null,
      get: completeFrom(terms),
      preProcessToken: (yasqe, token) => preProcess(yasqe, token, prefixes),
      postprocessHints: describe,
    });
  term("class", classes);
  term("property", properties);
}

function preProcess(yasqe, token, prefixes) {
  const declared = yasqe.getPrefixesFromQuery();
  const [, name, rest] = /^([^:<]*):(.*)$/.exec(token.string) || [];
  const namespace = name === undefined ? undefined : declared[name] || prefixes[name];
  token.autocompletionString = token.string.trim().replace(/^</, "").replace(/>$/, "");
  if (namespace) {
    token.tokenPrefix = `${name}:`;
    token.tokenPrefixUri = namespace;
    token.autocompletionString = namespace + rest;
  }
  return token;
}

function expand(text, declared) {
  if (text.startsWith("<")) return text.slice(1, -1);
  const colon = text.indexOf(":");
  return (declared[text.slice(0, colon)] || "") + text.slice(colon + 1);
}

function shorten(iri, known) {
  const fit = known.find(([, namespace]) => iri.startsWith(namespace));
  return fit ? `${fit[0]}:${iri.slice(fit[1].length)}` : iri;
}

// Errors: the server answers with a problem (RFC 9457), shown as sentences.

async function renderProblem(error) {
  let problem;
  try {
    problem = JSON.parse(error.text || error.message || "");
  } catch {
    return undefined;
  }
  if (!problem.title) return undefined;
  const box = document.createElement("div");
  box.className = "problem";
  const title = document.createElement("strong");
  title.textContent = problem.title;
  const where = problem.line ? ` (line ${problem.line}, column ${problem.column})` : "";
  const detail = document.createElement("p");
  detail.textContent = [problem.detail, problem.advice].filter(Boolean).join(" ");
  box.append(title, where, detail);
  return box;
}

// Cells show plain text, whole: no quotes, language tags and datatypes, which the "Simple view" box brings back.

function showPlainCells() {
  const draw = Yasr.plugins.table.prototype.draw;
  Yasr.plugins.table.prototype.draw = function (config) {
    return draw.call(this, { compact: true, isEllipsed: false, ...config });
  };
}

// Links of a result lead to our own pages: w3id.org may be out of reach.

function localise(event) {
  const link = event.target instanceof Element ? event.target.closest(`a[href^="${BASE}"]`) : null;
  if (link) link.href = "/" + link.getAttribute("href").slice(BASE.length);
}

function tabName(example) {
  return example.name.replace(/^\d+-/, "").replaceAll("-", " ");
}

function setUpPicker(yasgui, examples) {
  const picker = document.getElementById("example");
  const byName = new Map(examples.map((example) => [example.name, example]));
  const texts = new Set(examples.map((example) => example.query.trim()));
  const show = (name) => {
    const example = byName.get(name);
    if (!example) return;
    const tab = yasgui.getTab();
    // The user's own text is never overwritten: it stays in its tab.
    if (tab && (texts.has(tab.getQuery().trim()) || !tab.getQuery().trim())) {
      tab.setName(tabName(example)).setQuery(example.query);
    } else {
      yasgui.addTab(true, { name: tabName(example), yasqe: { value: example.query } });
    }
    picker.value = name;
  };
  picker.addEventListener("change", () => show(picker.value));
  return show;
}

// A link to cite: the server says it of each answer, the query on the generation that answered it.

function setUpCiting(yasgui) {
  const button = document.createElement("button");
  button.type = "button";
  button.id = "cite";
  button.className = "second";
  button.textContent = "Copy citable link";
  button.addEventListener("click", async () => {
    const outcome = document.getElementById("outcome");
    const query = new URLSearchParams({ query: yasgui.getTab().getQuery() });
    try {
      const response = await fetch(`/sparql?${query}`, { method: "HEAD" });
      const [, target] = /<([^>]*)>; rel="cite-as"/.exec(response.headers.get("Link") || "") || [];
      if (!target) throw new Error(response.ok ? "this query has no link: it is too long, or asks for chance or the time" : "run the query to see why");
      await navigator.clipboard.writeText(new URL(target, location.href).href);
      outcome.textContent = "The link is copied: it asks this of the graph as it is now.";
    } catch (error) {
      outcome.textContent = `There is nothing to copy: ${error.message}.`;
    }
  });
  document.querySelector(".actions .keys").before(button);
}

function announce(tab) {
  const results = tab.getYasr().results;
  const outcome = document.getElementById("outcome");
  if (!results) return;
  if (results.hasError()) {
    outcome.textContent = "The query was not answered; the reason stands below the editor.";
  } else if (results.getBindings()) {
    const rows = results.getBindings().length;
    outcome.textContent = `${rows.toLocaleString("en")} ${rows === 1 ? "row" : "rows"}.`;
  } else {
    outcome.textContent = "Answered.";
  }
}

function nameControls() {
  const names = { ".yasqe_queryButton": "Run the query", ".yasqe_share": "Share", ".yasqe_fullscreenBtn": "Full screen" };
  for (const [selector, name] of Object.entries(names)) {
    for (const control of document.querySelectorAll(selector)) control.setAttribute("aria-label", name);
  }
  for (const area of document.querySelectorAll(".CodeMirror textarea")) area.setAttribute("aria-label", "SPARQL query");
}

async function start() {
  const [examples, completions] = await Promise.all([fetchJson("/examples.json"), fetchJson("/completions.json")]);
  setUpCompletions(completions);
  const wanted = new URLSearchParams(location.search).get("example");
  const first = examples.find((example) => example.name === wanted) || examples[0];
  Yasqe.defaults.value = first ? first.query : "SELECT * {\n  ?s ?p ?o\n} LIMIT 10\n";
  Yasqe.defaults.editorHeight = "260px";
  // Tab leaves the editor, as it leaves any other field: a keyboard alone can reach the rest of the page.
  Yasqe.defaults.extraKeys = { ...Yasqe.defaults.extraKeys, Tab: false, "Shift-Tab": false };
  Yasr.defaults.prefixes = Object.fromEntries(Object.entries(completions.prefixes).sort((a, b) => b[1].length - a[1].length));
  Yasr.defaults.errorRenderers = [renderProblem];
  showPlainCells();
  const dark = matchMedia("(prefers-color-scheme: dark)");
  const setDark = () => document.documentElement.classList.toggle("dark", dark.matches);
  dark.addEventListener("change", setDark);
  setDark();

  const yasgui = new Yasgui(document.getElementById("yasgui"), {
    autofocus: false,
    requestConfig: { endpoint: new URL("/sparql", location.href).href, method: "POST" },
    endpointCatalogueOptions: { getData: () => [] },
    tabName: "Query",
  });
  document.getElementById("yasgui").yasgui = yasgui; // for whoever looks at the page from its console
  setUpAdvice(yasgui); // advice.js
  const show = setUpPicker(yasgui, examples);
  if (wanted) show(wanted);
  yasgui.on("queryResponse", (_, tab) => setTimeout(() => announce(tab))); // it comes before the results are read
  yasgui.on("queryBefore", () => (document.getElementById("outcome").textContent = "Asking …"));
  yasgui.on("tabSelect", () => setTimeout(nameControls));
  showRunning(yasgui);
  nameControls();
  setUpCiting(yasgui);
  document.getElementById("run").addEventListener("click", () => yasgui.getTab().query().catch(() => {}));
  for (const kind of ["mouseover", "focusin", "touchstart", "click"]) {
    document.getElementById("yasgui").addEventListener(kind, localise, { capture: true, passive: true });
  }
  document.documentElement.dataset.ready = "yes";
}

start();
