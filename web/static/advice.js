// Advice beside the editor: a query flows to /advice of this server, what is wrong with it is shown under the editor.
"use strict";

// What setUpAdvice(yasgui) needs from the page: #run, #outcome and the editor itself.
window.setUpAdvice = (() => {
  const element = (name, properties = {}, ...children) => {
    const made = Object.assign(document.createElement(name), properties);
    made.append(...children);
    return made;
  };

  async function fetchAdvice(query, why) {
    const body = new URLSearchParams({ query, why: why ? "1" : "0" });
    const response = await fetch("/advice", { method: "POST", body, headers: { Accept: "application/json" } });
    const found = await response.json();
    if (!response.ok) throw new Error([found.detail, found.advice].filter(Boolean).join(" "));
    return found;
  }

  function isEmpty(tab) {
    const results = tab.getYasr().results;
    if (!results || results.hasError()) return false;
    if (results.getBindings()) return results.getBindings().length === 0;
    if (typeof results.getBoolean() === "boolean") return results.getBoolean() === false;
    const lines = (results.getOriginalResponseAsString() || "").split("\n");
    return lines.every((line) => !line.trim() || line.startsWith("@prefix"));
  }

  // Places are counted in characters, from 1, as the server counts them; CodeMirror counts in UTF-16 units, from 0.
  function rangeOf(editor, problem) {
    const units = (text, characters) => [...text].slice(0, characters).join("").length;
    const lines = editor.getDoc();
    const line = problem.line - 1;
    const from = { line, ch: units(lines.getLine(line) || "", problem.column - 1) };
    const to = lines.posFromIndex(lines.indexFromPos(from) + problem.term.length);
    return [from, to];
  }

  function jumpTo(editor, problem) {
    const [from, to] = rangeOf(editor, problem);
    editor.focus();
    editor.setSelection(from, to);
    editor.scrollIntoView({ from, to });
  }

  function describe({ label, note, count }) {
    const times = count === undefined ? "" : `${count.toLocaleString("en")} ${count === 1 ? "time" : "times"}`;
    const more = [label, note, times].filter(Boolean).join(", ");
    return more ? ` ${more}` : "";
  }

  function showSuggestion(panel, editor, problem, suggestion) {
    const code = element("code", { textContent: suggestion.text });
    const button = element("button", { type: "button", className: "use" }, "Use ", code);
    button.addEventListener("click", () => {
      const [from, to] = rangeOf(editor, problem);
      if (editor.getRange(from, to) !== problem.term) {
        panel.say("The query has changed since: check it again.");
        return;
      }
      editor.replaceRange(suggestion.text, from, to);
      panel.hide();
      panel.say(`Changed ${problem.term} to ${suggestion.text}. Run it again.`);
      jumpTo(editor, { ...problem, term: suggestion.text });
    });
    return element("li", {}, button, element("span", { className: "quiet", textContent: describe(suggestion) }));
  }

  function showProblem(panel, editor, problem) {
    const item = element("li");
    const message = element("p", {}, problem.message);
    if (problem.line) {
      const place = element("button", { type: "button", className: "place", textContent: `Line ${problem.line}, column ${problem.column}` });
      place.addEventListener("click", () => jumpTo(editor, problem));
      message.prepend(place, " ");
    }
    item.append(message);
    if (problem.pattern) item.append(element("pre", {}, element("code", { textContent: problem.pattern })));
    if (problem.examples.length) {
      item.append(element("ul", { className: "examples quiet" }, ...problem.examples.map((text) => element("li", { textContent: text }))));
    }
    if (problem.suggestions.length) {
      const uses = problem.suggestions.map((suggestion) => showSuggestion(panel, editor, problem, suggestion));
      item.append(element("ul", { className: "suggestions" }, ...uses));
    }
    return item;
  }

  // One panel, under the editor of the tab that was asked about.
  class Panel {
    constructor() {
      this.title = element("h2", { tabIndex: -1 });
      this.body = element("div");
      const close = element("button", { type: "button", className: "close", textContent: "Close" });
      close.addEventListener("click", () => this.hide());
      this.box = element("section", { className: "advice", hidden: true }, element("header", {}, this.title, close), this.body);
      this.box.setAttribute("aria-label", "Advice on the query");
      this.status = element("p", { className: "quiet advice-status" });
      this.status.setAttribute("role", "status");
    }

    say(text) {
      this.status.textContent = text;
    }

    hide() {
      this.box.hidden = true;
    }

    show(tab, title, text, problems) {
      const editor = tab.getYasqe();
      this.title.textContent = title;
      this.body.replaceChildren();
      if (text) this.body.append(element("p", { textContent: text }));
      if (problems.length) {
        const items = problems.map((problem) => showProblem(this, editor, problem));
        this.body.append(element("ul", { className: "advice-list" }, ...items));
      }
      editor.getWrapperElement().closest(".yasqe").after(this.box);
      this.box.hidden = false;
      this.say(problems.length ? `${problems.length} ${problems.length === 1 ? "thing" : "things"} to look at, under the editor.` : text);
    }
  }

  function further({ problems, empty }) {
    const said = new Set((empty?.causes || []).map(({ kind, line, column }) => `${kind} ${line} ${column}`));
    return problems.filter(({ kind, line, column }) => !said.has(`${kind} ${line} ${column}`));
  }

  return function setUpAdvice(yasgui) {
    const panel = new Panel();
    const why = element("button", { type: "button", className: "second", id: "why", hidden: true, textContent: "Why is it empty?" });
    const check = element("button", { type: "button", className: "second", id: "check", textContent: "Check" });
    document.querySelector(".actions .keys").before(check, why);
    document.getElementById("outcome").after(panel.status);
    let latest = 0; // of several questions, only the last one's answer is shown

    async function ask(withWhy, show, isAutomatic = false) {
      const tab = yasgui.getTab();
      const turn = ++latest;
      if (!isAutomatic) panel.say("Looking …");
      try {
        const found = await fetchAdvice(tab.getYasqe().getValue(), withWhy);
        if (turn === latest && tab === yasgui.getTab()) show(tab, found);
      } catch (error) {
        if (turn === latest && !isAutomatic) panel.show(tab, "No advice", error.message, []);
      }
    }

    check.addEventListener("click", () => {
      ask(false, (tab, { problems }) => {
        panel.show(tab, "Check", problems.length ? "" : "No problem found: the graph has every term of the query.", problems);
      });
    });
    why.addEventListener("click", () => {
      ask(true, (tab, found) => {
        const { message, causes } = found.empty || { message: "It cannot be read as SPARQL.", causes: [] };
        panel.show(tab, "Why it is empty", message, [...causes, ...further(found)]);
        panel.title.focus();
      });
    });
    yasgui.on("queryBefore", () => {
      why.hidden = true;
      panel.hide();
      panel.say("");
      ask(false, (tab, { problems }) => {
        if (problems.some(({ kind }) => kind !== "syntax")) panel.show(tab, "Before you rely on the answer", "", problems);
      }, true);
    });
    yasgui.on("queryResponse", (_, tab) => setTimeout(() => (why.hidden = tab !== yasgui.getTab() || !isEmpty(tab))));
    yasgui.on("tabSelect", () => {
      latest++;
      why.hidden = true;
      panel.hide();
      panel.say("");
    });
  };
})();
