"""How ./course bench reports its measurements."""

import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2] / ".course" / "bench"))
import report  # noqa: E402
import rows  # noqa: E402


def row(name, median, of="item"):
    return {"name": name, "of": of, "median": median, "low": 0.9 * median, "high": 1.1 * median, "rounds": 5}


class ReportTest(unittest.TestCase):
    def test_a_table_has_times_spread_and_ratios(self):
        lines = report.table("queue", [row("raw_pipe", 4e-7), row("mp_Queue", 1e-6)]).splitlines()
        self.assertEqual(lines[1], "== queue ==")
        self.assertEqual(lines[3].split(), ["raw", "pipe", "400", "ns", "10", "%", "1.00"])
        self.assertEqual(lines[4].split(), ["mp::Queue", "1", "µs", "10", "%", "2.50"])

    def test_figures_are_the_median_and_the_ends(self):
        measured = rows.Row("serial", None)
        measured.found = [3.0, 1.0, 8.0]
        self.assertEqual(report.figures(measured), {"name": "serial", "of": "run", "median": 3.0, "low": 1.0, "high": 8.0,
                                                    "rounds": 3})

    def test_sizes_are_in_words(self):
        self.assertEqual(report.in_words(3 * 2**20, "peak"), "3 MiB")
        self.assertEqual(report.in_words(0.00025, "run"), "250 µs")

    def test_break_even_is_where_the_lines_cross(self):
        serial = [(1000, 0.001), (10_000, 0.01), (100_000, 0.1)]
        other = [(1000, 0.006), (10_000, 0.0105), (100_000, 0.0555)]
        self.assertAlmostEqual(report.break_even(serial, other), 10_000, delta=600)
        self.assertIsNone(report.break_even(serial, [(size, 2 * seconds) for size, seconds in serial]))
        self.assertIsNone(report.break_even(serial, [(size, seconds / 2) for size, seconds in serial]))

    def test_growth_is_a_series_for_each_row_by_size(self):
        groups = {"growth_rolls/1000": [row("serial", 1.0)], "growth_rolls/10": [row("serial", 0.5)], "queue": [row("a", 1)]}
        self.assertEqual(report.series_of("growth_rolls", groups), {"serial": [(10, 0.5), (1000, 1.0)]})

    def test_what_a_benchmark_appends_to_its_name_is_left_out(self):
        self.assertEqual(rows.plain("items/OpenMP/2/iterations:1/manual_time"), "items/OpenMP/2")


if __name__ == "__main__":
    unittest.main()
