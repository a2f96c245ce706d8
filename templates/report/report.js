(function () {
  "use strict";
  // The report is complete without this: it folds the contents on a phone, where the answer comes first, offers a filter
  // over the evidence, and opens closed groups for printing.
  if (window.matchMedia("(max-width:760px)").matches) { document.getElementById("contents").open = false; }
  var form = document.getElementById("evidence-filter");
  if (form) {
    var groups = Array.prototype.slice.call(document.querySelectorAll("#evidence-table tbody"));
    var count = form.querySelector("output");
    var run = function () {
      var text = form.elements.text.value.toLowerCase(), status = form.elements.status.value, shown = 0;
      groups.forEach(function (group) {
        var fits = (!status || group.dataset.status === status) &&
          (!text || group.textContent.toLowerCase().indexOf(text) >= 0);
        group.hidden = !fits;
        if (fits) { shown += 1; }
      });
      count.textContent = form.dataset.shown.replace("%1", shown).replace("%2", groups.length);
    };
    form.hidden = false;
    form.addEventListener("input", run);
    form.addEventListener("submit", function (event) { event.preventDefault(); });
    run();
  }
  var opened = [];
  window.addEventListener("beforeprint", function () {
    document.querySelectorAll("details:not([open])").forEach(function (group) {
      group.open = true;
      opened.push(group);
    });
  });
  window.addEventListener("afterprint", function () {
    opened.forEach(function (group) { group.open = false; });
    opened = [];
  });
})();
