"""The quizzes for Moodle, read as its importer reads them (question/format/xml/format.php)."""

import html
import json
import re
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path
from xml.etree import ElementTree

DOCS = Path(__file__).parents[1]
# The shares that Moodle offers; it rejects a question with any other.
FRACTIONS = {0, 100, 90, 83.33333, 80, 75, 70, 66.66667, 60, 50, 40, 33.33333, 30, 25, 20, 16.66667, 14.28571, 12.5, 11.11111, 10, 5}
COMMON = ["name", "questiontext", "generalfeedback", "defaultgrade", "penalty", "hidden"]
KINDS = {"multichoice": [*COMMON, "single", "shuffleanswers", "answernumbering"], "numerical": COMMON}


def words(source):
    return html.unescape(re.sub("<[^>]*>", "", source.replace("`", "")))


class MoodleTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        with tempfile.TemporaryDirectory() as folder:
            subprocess.run([sys.executable, DOCS / "moodle.py", folder], check=True, stdout=subprocess.DEVNULL)
            cls.exported = {file.stem: ElementTree.parse(file).getroot() for file in Path(folder).glob("*.xml")}
        cls.quizzes = {file.stem: json.loads(file.read_text()) for file in (DOCS / "quizzes").glob("*.json")}

    def test_each_quiz_is_a_category_with_all_its_questions(self):
        self.assertEqual(self.exported.keys(), self.quizzes.keys())
        for name, root in self.exported.items():
            self.assertEqual(root.tag, "quiz")
            category, *questions = root
            self.assertEqual(category.get("type"), "category")
            self.assertTrue(category.findtext("category/text").startswith("$course$/top/"))
            self.assertEqual(len(questions), len(self.quizzes[name]))

    def for_each(self, check):
        for name, root in self.exported.items():
            for node, question in zip(list(root)[1:], self.quizzes[name]):
                with self.subTest(question["question"]):
                    check(node, question)

    def test_elements_are_those_of_the_format(self):
        def check(node, _):
            kind = node.get("type")
            tags = [child.tag for child in node]
            self.assertEqual(tags[:len(KINDS[kind])], KINDS[kind])
            self.assertEqual(set(tags[len(KINDS[kind]):]), {"answer"})
            for tag in ("name", "questiontext", "generalfeedback"):
                self.assertEqual([child.tag for child in node.find(tag)], ["text"])
            for answer in node.findall("answer"):
                self.assertEqual([child.tag for child in answer], ["text", "feedback"] + ["tolerance"] * (kind == "numerical"))
                self.assertIn(abs(float(answer.get("fraction"))), FRACTIONS)
                self.assertTrue(answer.findtext("feedback/text"))
            if kind == "numerical":
                float(node.findtext("defaultgrade"))

        self.for_each(check)

    def test_right_answers_give_all_points_and_nothing_else_does(self):
        def check(node, question):
            shares = [float(answer.get("fraction")) for answer in node.findall("answer")]
            right = [bool(answer.get("correct")) for answer in question["answers"]]
            self.assertEqual([share > 0 for share in shares], right)
            if question["type"] == "many_choice":
                self.assertEqual(node.findtext("single"), "false")
                self.assertAlmostEqual(sum(share for share in shares if share > 0), 100, places=3)
                self.assertAlmostEqual(sum(shares), 0, places=3)  # ticking everything earns nothing
            elif question["type"] == "multiple_choice":
                self.assertEqual(node.findtext("single"), "true")
                self.assertEqual(sorted(shares)[-2:], [0, 100])
            else:
                self.assertEqual(max(shares), 100)

        self.for_each(check)

    def test_words_and_numbers_arrive(self):
        def check(node, question):
            self.assertIn(words(question["question"]), words(node.findtext("questiontext/text")))
            self.assertIn(words(question.get("code", "")), words(node.findtext("questiontext/text")))
            for answer, wanted in zip(node.findall("answer"), question["answers"]):
                self.assertEqual(words(answer.findtext("feedback/text")), words(wanted["feedback"]))
                if "answer" in wanted:
                    self.assertEqual(words(answer.findtext("text")), words(wanted["answer"]))
                elif "value" in wanted:
                    self.assertEqual(float(answer.findtext("text")), wanted["value"])
                elif wanted["type"] == "default":
                    self.assertEqual(answer.findtext("text"), "*")

        self.for_each(check)


if __name__ == "__main__":
    unittest.main()
