// The query that runs: its begin and end flow in, the seconds so far and a button that stops it flow out.
"use strict";

// Stopping closes the connection, at which the server ends the query.
function showRunning(yasgui) {
  const button = document.getElementById("stop");
  const clock = document.getElementById("clock");
  const began = new Map();
  const stopped = new Set();
  let timer = 0;

  const seconds = (tab) => ((performance.now() - began.get(tab)) / 1000).toFixed(1);
  const draw = () => {
    const tab = yasgui.getTab();
    const runs = tab && began.has(tab);
    button.disabled = !runs;
    if (runs) clock.textContent = `${seconds(tab)} s`;
    if (!began.size) timer = clearInterval(timer);
  };

  yasgui.on("queryBefore", (_, tab) => {
    began.set(tab, performance.now());
    stopped.delete(tab);
    timer = timer || setInterval(draw, 100);
    draw();
  });
  const end = (tab) => {
    if (!began.has(tab)) return;
    if (tab === yasgui.getTab()) clock.textContent = `${seconds(tab)} s`;
    began.delete(tab);
    draw();
  };
  yasgui.on("queryResponse", (_, tab) => {
    end(tab);
    if (stopped.delete(tab)) setTimeout(() => (document.getElementById("outcome").textContent = "Stopped."), 10);
  });
  yasgui.on("queryAbort", (_, tab) => {
    stopped.add(tab);
    document.getElementById("outcome").textContent = "Stopped.";
    end(tab);
  });
  yasgui.on("tabSelect", () => {
    clock.textContent = "";
    setTimeout(draw);
  });
  button.addEventListener("click", () => yasgui.getTab().getYasqe().abortQuery());
  draw();
}
