TEST(NAME, PrintsItsResultLast) {
  const auto run = course::run_lesson("NAME");
  EXPECT_EQ(run.status, 0) << run;
  EXPECT_EQ(run.output, "a process with the number 7\nThe last line is the result.\n");
}
