#!/usr/bin/env python3
"""Writes the quizzes for Moodle's question bank: docs/moodle.py FOLDER makes FOLDER/NAME.xml of each docs/quizzes/NAME.json.

The format is that of https://docs.moodle.org/en/Moodle_XML_format. Other learning platforms import it, too.
"""

import json
import re
import sys
from pathlib import Path
from xml.etree import ElementTree

QUIZZES = Path(__file__).parent / "quizzes"


def element(parent, tag, text=None, **attributes):
    child = ElementTree.SubElement(parent, tag, attributes)
    child.text = text
    return child


def text(parent, tag, content, **attributes):
    """Moodle wraps most texts twice."""
    element(element(parent, tag, **attributes), "text", content)


def as_html(words):
    """The quizzes' texts are already HTML, with `code`."""
    return re.sub(r"`([^`]+)`", r"<code>\1</code>", words)


def fraction(answer, answers):
    """Returns the share of the points for an answer. If several are right, a wrong one takes as much as a right one
    gives, so that ticking all of them earns nothing."""
    right = sum(bool(other.get("correct")) for other in answers)
    wrong = len(answers) - right
    if answer.get("correct"):
        return f"{100 / right:.5f}".rstrip("0").rstrip(".")
    return f"{-100 / wrong:.5f}".rstrip("0").rstrip(".")


def add_choice(node, question):
    single = question["type"] == "multiple_choice"
    element(node, "single", "true" if single else "false")
    element(node, "shuffleanswers", "true")
    element(node, "answernumbering", "none")
    for answer in question["answers"]:
        share = fraction(answer, question["answers"])
        if single and not answer.get("correct"):
            share = "0"
        option = element(node, "answer", fraction=share, format="html")
        element(option, "text", as_html(answer["answer"]))
        text(option, "feedback", as_html(answer["feedback"]), format="html")


def add_numbers(node, question):
    for answer in question["answers"]:
        option = element(node, "answer", fraction="100" if answer.get("correct") else "0", format="moodle_auto_format")
        low, high = answer.get("range", [answer.get("value")] * 2)
        element(option, "text", "*" if low is None else f"{(low + high) / 2:g}")
        text(option, "feedback", as_html(answer["feedback"]), format="html")
        element(option, "tolerance", f"{(high - low) / 2 if low is not None else 0:g}")


def export(name, questions):
    quiz = ElementTree.Element("quiz")
    text(element(quiz, "question", type="category"), "category", f"$course$/top/Processes in C++/{name}")
    for number, question in enumerate(questions, 1):
        numeric = question["type"] == "numeric"
        node = element(quiz, "question", type="numerical" if numeric else "multichoice")
        text(node, "name", f"{name}, question {number}")
        code = f"<pre>{question['code']}</pre>" if "code" in question else ""
        text(node, "questiontext", f"<p>{as_html(question['question'])}</p>{code}", format="html")
        text(node, "generalfeedback", "", format="html")
        element(node, "defaultgrade", "1")
        element(node, "penalty", "0.3333333")
        element(node, "hidden", "0")
        (add_numbers if numeric else add_choice)(node, question)
    ElementTree.indent(quiz)
    return ElementTree.tostring(quiz, encoding="unicode", xml_declaration=False)


def main():
    folder = Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    for file in sorted(QUIZZES.glob("*.json")):
        target = folder / f"{file.stem}.xml"
        target.write_text('<?xml version="1.0" encoding="UTF-8"?>\n' + export(file.stem, json.loads(file.read_text())) + "\n")
        print(target)


if __name__ == "__main__":
    main()
