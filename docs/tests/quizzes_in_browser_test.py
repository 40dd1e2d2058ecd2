"""Quizzes in a real browser."""

import html
import json
import re
import unittest

from browser import CHAPTERS, Browser
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys


def as_text(answer):
    """Returns HTML as text on the screen."""
    return html.unescape(re.sub("<[^>]*>", "", answer))


class QuizzesTest(Browser):
    def answer(self, fieldset, question, right):
        """Gives the right answer or a wrong one, and requests the verdict."""
        inputs = fieldset.find_elements(By.CSS_SELECTOR, "input")
        if question["type"] == "numeric":
            value = next(a for a in question["answers"] if a.get("correct"))["value"]
            inputs[0].clear()
            inputs[0].send_keys(str(value if right else value + 12345))
            inputs[0].send_keys(Keys.ENTER)
            return
        for control in inputs:
            answer = question["answers"][int(control.get_attribute("value"))]
            wanted = bool(answer["correct"]) == right
            if control.is_selected() != wanted and (wanted or control.get_attribute("type") == "checkbox"):
                self.run_script("arguments[0].scrollIntoView({block: 'center', behavior: 'instant'})", control)
                control.send_keys(Keys.SPACE)
        self.find(".check", fieldset).send_keys(Keys.ENTER)

    def test_quizzes_judge_wrong_and_right(self):
        def check():
            form = self.find("form.quiz")
            questions = json.loads(self.find("script", form).get_attribute("textContent"))
            fieldsets = form.find_elements(By.CSS_SELECTOR, "fieldset")
            self.assertEqual(len(fieldsets), len(questions))
            for right, verdict in ((False, "wrong"), (True, "right")):
                for fieldset, question in zip(fieldsets, questions):
                    self.answer(fieldset, question, right)
                    self.assertIn(verdict, fieldset.get_attribute("class").split(), question["question"])
                    said = self.find(".feedback", fieldset).text
                    self.assertIn("Right." if right else "Not right.", said)
                    self.assertGreater(len(said), 25, "a word on why")
                    for answer in question["answers"]:  # feedback names the answer that it belongs to
                        given = "answer" in answer and bool(answer["correct"]) == right and question["type"] == "many_choice"
                        if given:
                            self.assertIn(f"{as_text(answer['answer'])} {as_text(answer['feedback'])}", said)
                self.assertEqual(self.find(".score", form).text, f"{len(questions) if right else 0} of {len(questions)} right.")

        self.for_each(check, [*CHAPTERS, "summary.html"])

    def order(self):
        return self.run_script("return [...document.querySelectorAll('.quiz fieldset')].map((f) => [...f.querySelectorAll('input')].map((i) => i.value).join(''))")

    def test_answers_are_shuffled_the_same_for_one_reader_and_others_for_another(self):
        def open_as(reader):
            self.run_script("localStorage.setItem('course-reader', arguments[0])", str(reader))
            self.open(CHAPTERS[0])
            return self.order()

        self.open(CHAPTERS[0])
        orders = {tuple(open_as(reader)) for reader in range(1, 9)}
        self.assertGreater(len(orders), 5)
        firsts = {order[0][0] for order in orders}
        self.assertEqual(firsts, {"0", "1", "2"}, "any answer can be the first one")
        self.assertEqual(open_as(5), open_as(5))
        self.assertNotIn("answer", "".join(self.order()))

    def test_answers_are_kept_on_reload(self):
        self.open(CHAPTERS[0])
        form = self.find("form.quiz")
        questions = json.loads(self.find("script", form).get_attribute("textContent"))
        for fieldset, question in list(zip(form.find_elements(By.CSS_SELECTOR, "fieldset"), questions))[:3]:
            self.answer(fieldset, question, False)
        before = [f.text for f in form.find_elements(By.CSS_SELECTOR, ".feedback, .score")]
        self.assertIn("4 not answered yet", before[-1])
        self.open(CHAPTERS[0])
        self.assertEqual([f.text for f in self.browser.find_elements(By.CSS_SELECTOR, ".quiz .feedback, .quiz .score")], before)
        self.find("form.quiz button[type=reset]").send_keys(Keys.ENTER)
        self.open(CHAPTERS[0])
        self.assertEqual(self.find(".quiz .score").text, "")
        self.assertFalse(self.browser.find_elements(By.CSS_SELECTOR, ".quiz input:checked"))

    def test_a_quiz_asks_for_an_answer_and_starts_again(self):
        self.open(CHAPTERS[0])
        form = self.find("form.quiz")
        fieldset = self.find("fieldset", form)
        self.find(".check", fieldset).send_keys(Keys.ENTER)
        self.assertEqual(self.find(".feedback", fieldset).text, "Choose an answer first.")
        self.find("input", fieldset).send_keys(Keys.SPACE)
        self.find(".check", fieldset).send_keys(Keys.ENTER)
        self.assertIn("not answered yet", self.find(".score", form).text)
        self.find("button[type=reset]", form).send_keys(Keys.ENTER)
        self.assertEqual(self.find(".score", form).text, "")
        self.assertEqual(self.find(".feedback", fieldset).text, "")

    def test_half_of_the_right_answers_are_not_enough(self):
        self.open(CHAPTERS[0])
        fieldset = self.find("fieldset[data-type=many_choice]")
        questions = json.loads(self.find("form.quiz script").get_attribute("textContent"))
        question = next(q for q in questions if q["type"] == "many_choice")
        one = next(n for n, answer in enumerate(question["answers"]) if answer["correct"])
        self.find(f"input[value='{one}']", fieldset).send_keys(Keys.SPACE)
        self.find(".check", fieldset).send_keys(Keys.ENTER)
        self.assertIn("Not all of it yet.", self.find(".feedback", fieldset).text)


if __name__ == "__main__":
    unittest.main()
