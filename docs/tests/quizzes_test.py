"""The questions in docs/quizzes do not give away their answers by length or position."""

import json
import unittest
from pathlib import Path

FOLDER = Path(__file__).parents[1] / "quizzes"
QUIZZES = {file.stem: json.loads(file.read_text()) for file in sorted(FOLDER.glob("*.json"))}


def one_right(questions):
    """Returns, for each question with one right answer, the answers' lengths and the place of the right one."""
    for question in questions:
        if question["type"] == "multiple_choice":
            yield [len(a["answer"]) for a in question["answers"]], [a["correct"] for a in question["answers"]].index(True)


class QuizzesTest(unittest.TestCase):
    def test_length_gives_no_answer_away(self):
        found = [pair for questions in QUIZZES.values() for pair in one_right(questions)]
        self.assertGreater(len(found), 15)
        for name, extreme in (("longest", max), ("shortest", min)):
            right = sum(lengths[place] == extreme(lengths) and lengths.count(extreme(lengths)) == 1 for lengths, place in found)
            self.assertLessEqual(right / len(found), 0.4, f"the {name} answer is right too often")
        longest = sum(lengths[place] == max(lengths) for lengths, place in found)
        self.assertGreaterEqual(longest / len(found), 0.15, "the longest answer can be ruled out")

    def test_place_gives_no_answer_away(self):
        """On the page answers are shuffled, but the files are used elsewhere, too."""
        for name, questions in QUIZZES.items():
            with self.subTest(name):
                places = [place for _, place in one_right(questions)]
                self.assertIn(0, places)
                for place in places:
                    self.assertLessEqual(places.count(place) / len(places), 0.6)

    def test_many_choice_is_a_choice(self):
        """Not all answers are right, and not the same number in each question."""
        counts = [[a["correct"] for a in q["answers"]] for questions in QUIZZES.values() for q in questions if q["type"] == "many_choice"]
        for corrects in counts:
            self.assertIn(False, corrects)
        self.assertGreater(len({sum(corrects) for corrects in counts}), 1)

    def test_each_question_is_asked_once(self):
        asked = [question["question"] for questions in QUIZZES.values() for question in questions]
        self.assertEqual(len(asked), len(set(asked)))


if __name__ == "__main__":
    unittest.main()
