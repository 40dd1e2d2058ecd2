"""Quizzes: `{quiz} 01_process` shows docs/quizzes/01_process.json.

The format is jupyterquiz's, so the same file works in a notebook: a list of questions of type multiple_choice,
many_choice or numeric, with feedback for each answer. As there, texts and code are HTML: < is written &lt;.
Here the questions become an ordinary form; course.js shuffles the answers, judges them on the page, and keeps them in
the browser. In an ePub they become a list, with the answers at its end.
"""

import json
import re
from html import unescape
from pathlib import Path

from docutils import nodes
from pygments import highlight
from pygments.formatters import HtmlFormatter
from pygments.lexers import CppLexer
from sphinx.util.docutils import SphinxDirective


def is_book(env):
    """Whether the output is an ePub, which has neither scripts nor forms."""
    return env.app.builder.name == "epub"


def inline(text):
    """Converts text with `code` in it."""
    return re.sub(r"`([^`]+)`", r'<code class="docutils literal notranslate">\1</code>', text)


def check(question):
    """Returns why a question is incomplete, if it is."""
    kind, answers = question.get("type"), question["answers"]
    if kind not in ("multiple_choice", "many_choice", "numeric"):
        return f"type '{kind}' is none of multiple_choice, many_choice, numeric"
    texts = [question["question"], question.get("code", "")]
    texts += [answer.get(part, "") for answer in answers for part in ("answer", "feedback")]
    for text in texts:
        if re.search(r"[<>]|&(?![a-z]+;)", text):
            return f"write < > & as &lt; &gt; &amp;: {text}"
    right = [answer for answer in answers if answer.get("correct")]
    if not right or (kind == "multiple_choice" and len(right) != 1):
        return f"{len(right)} right answers"
    if not all(answer.get("feedback") for answer in answers):
        return "an answer has no feedback"
    if kind == "numeric" and not any(answer["type"] == "default" for answer in answers):
        return "no default answer"
    return None


def question_form(number, question, name):
    kind, answers = question["type"], question["answers"]
    code = ""
    if "code" in question:
        code = highlight(unescape(question["code"]), CppLexer(), HtmlFormatter(cssclass="highlight"))
        code = f'<div class="highlight-cpp notranslate">{code}</div>'
    body = []
    if kind == "numeric":
        body.append(f'<label>Your answer: <input type="text" inputmode="decimal" autocomplete="off" name="{name}"></label>')
    else:
        control = "radio" if kind == "multiple_choice" else "checkbox"
        for position, answer in enumerate(answers):
            body.append(
                f'<label><input type="{control}" name="{name}" value="{position}"> '
                f'<span>{inline(answer["answer"])}</span></label>'
            )
    hint = {"many_choice": " <small>(any number of answers)</small>"}.get(kind, "")
    return (
        f'<fieldset class="question" id="question-{number}" data-type="{kind}">'
        f'<legend><span class="number">{number}.</span> {inline(question["question"])}{hint}</legend>'
        f'{code}{"".join(body)}'
        f'<div class="judge"><button type="button" class="check">Check</button>'
        f'<div class="feedback" role="status"></div></div></fieldset>'
    )


def answers_in_words(question):
    """Returns the right answers with their feedback."""
    right = [answer for answer in question["answers"] if answer.get("correct")]
    return " ".join(f"{inline(str(answer.get('answer', answer.get('value', answer.get('range')))))}: {inline(answer['feedback'])}"
                    for answer in right)


def book(questions):
    """The quiz for output without scripts."""
    items = []
    for number, question in enumerate(questions, 1):
        code = f"<pre>{question['code']}</pre>" if "code" in question else ""
        answers = "".join(f"<li>{inline(answer['answer'])}</li>" for answer in question["answers"] if "answer" in answer)
        items.append(f'<li id="question-{number}"><p>{inline(question["question"])}</p>{code}' + (f'<ul>{answers}</ul>' if answers else "") + "</li>")
    right = "".join(f"<li><p>{answers_in_words(question)}</p></li>" for question in questions)
    return f'<ol>{"".join(items)}</ol><p>The answers:</p><ol>{right}</ol>'


class Quiz(SphinxDirective):
    required_arguments = 1

    def run(self):
        name = self.arguments[0]
        file = Path(self.env.srcdir) / "quizzes" / f"{name}.json"
        self.env.note_dependency(str(file))
        questions = json.loads(file.read_text())
        forms = []
        for number, question in enumerate(questions, 1):
            if problem := check(question):
                raise self.error(f"quizzes/{name}.json, question {number}: {problem}")
            forms.append(question_form(number, question, f"{name}-{number}"))
        if is_book(self.env):
            return [nodes.raw("", book(questions), format="html")]
        for question in questions:
            for answer in question["answers"]:
                answer["feedback"] = inline(answer["feedback"])
                if "answer" in answer:
                    answer["answer"] = inline(answer["answer"])
        data = json.dumps(questions).replace("</", "<\\/")
        page = (
            f'<form class="quiz" id="quiz-{name}">{"".join(forms)}'
            '<p class="score" role="status"></p><button type="reset">Start again</button>'
            f'<script type="application/json">{data}</script></form>'
        )
        return [nodes.raw("", page, format="html")]


def setup(app):
    app.add_directive("quiz", Quiz)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
