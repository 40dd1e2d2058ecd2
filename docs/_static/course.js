// Language tabs, copied lessons and quizzes. Nothing here makes a request; quizzes are kept in the browser's own storage.
"use strict";

// A reader who chooses Python once wants it in every lesson of the page.
document.addEventListener("change", (event) => {
  const chosen = event.target;
  if (!chosen.matches(".tabs > input")) return;
  const top = chosen.getBoundingClientRect().top;
  for (const input of document.querySelectorAll(`.tabs > input[value="${chosen.value}"]`)) input.checked = true;
  window.scrollBy(0, chosen.getBoundingClientRect().top - top); // keeps the text being read in place
});

// A lesson's #include lines are hidden, but copied; they are in its code while the copy button works.
document.addEventListener("click", (event) => {
  const block = event.target.closest(".copybtn")?.closest("div[class^=highlight-cpp]");
  const includes = block?.previousElementSibling;
  if (!includes?.matches("script.includes")) return;
  const lines = document.createTextNode(includes.textContent + "\n\n");
  block.querySelector("pre").prepend(lines);
  setTimeout(() => lines.remove());
}, true);

// The browser's storage for this site; without storage only the memory of choices is lost.
const storage = {
  get(key) { try { return JSON.parse(localStorage.getItem(key)); } catch { return null; } },
  set(key, value) { try { localStorage.setItem(key, JSON.stringify(value)); } catch { /* private window, or full */ } },
};

// Random numbers for shuffling, the same for the same text (FNV-1a, then xorshift).
function randomNumbers(text) {
  let state = 2166136261;
  for (const character of text) state = Math.imul(state ^ character.codePointAt(0), 16777619);
  return (below) => {
    state ^= state << 13; state ^= state >>> 17; state ^= state << 5;
    return (state >>> 0) % below;
  };
}

// Each reader has a fixed order of answers.
function shuffle(fieldset, text) {
  let reader = storage.get("course-reader");
  if (reader === null) storage.set("course-reader", reader = Math.floor(Math.random() * 2 ** 31));
  const random = randomNumbers(`${reader} ${text}`);
  const labels = [...fieldset.querySelectorAll("label")];
  const end = labels.at(-1).nextSibling;
  for (let last = labels.length - 1; last > 0; --last) {
    const other = random(last + 1);
    [labels[last], labels[other]] = [labels[other], labels[last]];
  }
  labels.forEach((label) => fieldset.insertBefore(label, end));
}

// A question's verdict: whether it is right, and the feedback for each given answer.
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
    return { right: Boolean(answer.correct), says: [{ ...answer, answer: String(value) }] };
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
  const inputs = (fieldset) => [...fieldset.querySelectorAll("input")];

  // Answers are stored under the question's text, so a changed question starts fresh.
  function keep() {
    const kept = {};
    fieldsets.forEach((fieldset, number) => {
      const given = inputs(fieldset).map((input) => input.type === "text" ? input.value : input.checked ? input.value : "").filter(Boolean);
      if (given.length) kept[questions[number].question] = { given, judged: fieldset.matches(".right, .wrong") };
    });
    storage.set(form.id, kept);
  }

  function recall() {
    const kept = storage.get(form.id) ?? {};
    fieldsets.forEach((fieldset, number) => {
      const answered = kept[questions[number].question];
      if (!answered) return;
      for (const input of inputs(fieldset)) {
        if (input.type === "text") input.value = answered.given[0];
        else input.checked = answered.given.includes(input.value);
      }
      if (answered.judged) check(fieldset, questions[number]);
    });
  }

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

  function check(fieldset, question) {
    clear(fieldset);
    const feedback = fieldset.querySelector(".feedback");
    const verdict = judge(question, fieldset);
    if (verdict === null) {
      feedback.textContent = question.type === "numeric" ? "Type a number first." : "Choose an answer first.";
    } else {
      fieldset.classList.add(verdict.right ? "right" : "wrong");
      const partly = !verdict.right && verdict.says.every((answer) => answer.correct);
      const words = verdict.right ? "Right." : partly ? "Not all of it yet." : "Not right.";
      feedback.innerHTML = `<strong>${words}</strong>` +
        verdict.says.map((answer) => `<p><q>${answer.answer}</q> ${answer.feedback}</p>`).join("");
    }
    showScore();
  }

  fieldsets.forEach((fieldset, number) => {
    const question = questions[number];
    if (question.type !== "numeric") shuffle(fieldset, question.question);
    fieldset.querySelector(".check").addEventListener("click", () => { check(fieldset, question); keep(); });
    fieldset.querySelector("input[type=text]")?.addEventListener("keydown", (event) => {
      if (event.key !== "Enter") return;
      event.preventDefault();
      fieldset.querySelector(".check").click();
    });
    fieldset.addEventListener("input", () => { clear(fieldset); showScore(); keep(); });
  });
  form.addEventListener("submit", (event) => event.preventDefault());
  form.addEventListener("reset", () => { fieldsets.forEach(clear); showScore(); storage.set(form.id, {}); });
  recall();
}

// Adds what the theme lacks for readers with a keyboard or a screen reader.
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
