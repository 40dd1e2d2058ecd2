// Language tabs and quizzes. Nothing here talks to anybody: no request, no storage.
"use strict";

// Whoever chooses Python once wants it in every lesson of the page.
document.addEventListener("change", (event) => {
  const chosen = event.target;
  if (!chosen.matches(".tabs > input")) return;
  const top = chosen.getBoundingClientRect().top;
  for (const input of document.querySelectorAll(`.tabs > input[value="${chosen.value}"]`)) input.checked = true;
  window.scrollBy(0, chosen.getBoundingClientRect().top - top); // what is being read stays where it is
});

// A lesson's #include lines are not shown, but copied with it: they stand in its code while the copy button works.
document.addEventListener("click", (event) => {
  const block = event.target.closest(".copybtn")?.closest("div[class^=highlight-cpp]");
  const includes = block?.previousElementSibling;
  if (!includes?.matches("script.includes")) return;
  const lines = document.createTextNode(includes.textContent + "\n\n");
  block.querySelector("pre").prepend(lines);
  setTimeout(() => lines.remove());
}, true);

// One question's verdict: whether it is right, and what to say to each answer given.
function judge(question, fieldset) {
  if (question.type === "numeric") {
    const text = fieldset.querySelector("input").value.trim().replace(",", ".");
    const value = Number(text);
    if (text === "" || Number.isNaN(value)) return null;
    const fits = (answer) =>
      answer.type === "value" ? Math.abs(value - answer.value) < 1e-9
      : answer.type === "range" ? answer.range[0] <= value && value < answer.range[1]
      : true;
    const answer = question.answers.filter((a) => a.type !== "default").find(fits)
      || question.answers.find((a) => a.type === "default");
    return { right: Boolean(answer.correct), says: [answer] };
  }
  const given = [...fieldset.querySelectorAll("input")].filter((input) => input.checked).map((input) => Number(input.value));
  if (given.length === 0) return null;
  const right = question.answers.every((answer, number) => Boolean(answer.correct) === given.includes(number));
  return { right, says: given.map((number) => question.answers[number]) };
}

function startQuiz(form) {
  const questions = JSON.parse(form.querySelector("script").textContent);
  const fieldsets = [...form.querySelectorAll("fieldset")];
  const score = form.querySelector(".score");

  function clear(fieldset) {
    fieldset.classList.remove("right", "wrong");
    fieldset.querySelector(".feedback").textContent = "";
  }

  function showScore() {
    const judged = fieldsets.filter((f) => f.matches(".right, .wrong")).length;
    const right = fieldsets.filter((f) => f.matches(".right")).length;
    score.textContent = judged === 0 ? "" : `${right} of ${fieldsets.length} right` +
      (judged < fieldsets.length ? `, ${fieldsets.length - judged} not answered yet.` : ".");
  }

  fieldsets.forEach((fieldset, number) => {
    fieldset.querySelector(".check").addEventListener("click", () => {
      clear(fieldset);
      const feedback = fieldset.querySelector(".feedback");
      const verdict = judge(questions[number], fieldset);
      if (verdict === null) {
        feedback.textContent = questions[number].type === "numeric" ? "Type a number first." : "Choose an answer first.";
      } else {
        fieldset.classList.add(verdict.right ? "right" : "wrong");
        const partly = !verdict.right && verdict.says.every((answer) => answer.correct);
        const words = verdict.right ? "Right." : partly ? "Not all of it yet." : "Not right.";
        feedback.innerHTML = `<strong>${words}</strong>` +
          verdict.says.map((answer) => ` <span>${answer.feedback}</span>`).join("");
      }
      showScore();
    });
    fieldset.querySelector("input[type=text]")?.addEventListener("keydown", (event) => {
      if (event.key !== "Enter") return;
      event.preventDefault();
      fieldset.querySelector(".check").click();
    });
    fieldset.addEventListener("input", () => { clear(fieldset); showScore(); });
  });
  form.addEventListener("submit", (event) => event.preventDefault());
  form.addEventListener("reset", () => { fieldsets.forEach(clear); showScore(); });
}

// What the theme leaves out for those who use a keyboard or a screen reader.
function completeTheTheme() {
  const set = (selector, name, value) => document.querySelectorAll(selector).forEach((e) => e.setAttribute(name, value));
  set(".caption[role=heading]", "aria-level", "2");
  set("aside.sidebar-drawer", "aria-label", "All pages");
  set("aside.toc-drawer", "aria-label", "This page");
  for (const region of document.querySelectorAll("pre, .content table, .table-wrapper, .drawing, figure.plot"))
    if (region.scrollWidth > region.clientWidth) region.tabIndex = 0;
}

document.addEventListener("DOMContentLoaded", () => {
  completeTheTheme();
  for (const form of document.querySelectorAll("form.quiz")) startQuiz(form);
});
