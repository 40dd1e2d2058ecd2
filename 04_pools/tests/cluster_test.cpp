#include <unistd.h>
#include <algorithm>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <lesson/memory.hpp>
#include <loader.hpp>
#include <mp/process.hpp>
#include <program.hpp>
#include <temporary_folder.hpp>

// Tests mp::ClusterPool with programs run by mpirun, on this machine and on three hosts made of
// network namespaces.

namespace {

namespace fs = std::filesystem;
using course::Run;
using course::run_program;
using testing::ContainsRegex;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::MatchesRegex;
using testing::Not;
using testing::StartsWith;
using testing::UnorderedElementsAre;

const std::string scenarios = SCENARIOS;

// mpirun refuses to run as root unless told so.
course::RunOptions options() {
  return {.environment = {{"OMPI_ALLOW_RUN_AS_ROOT", "1"},
                          {"OMPI_ALLOW_RUN_AS_ROOT_CONFIRM", "1"},
                          {"ASAN_OPTIONS", "detect_leaks=0"}},  // Open MPI keeps some memory
          .time_limit = std::chrono::minutes{4}};
}

Run mpirun(int ranks, std::vector<std::string> words) {
  words.insert(words.begin(), {"--oversubscribe", "-n", std::to_string(ranks)});
  return run_program(MPIRUN, words, options());
}

TEST(Cluster, IsAPoolOfOneMachineWithoutMpirun) {
  const auto run = run_program(scenarios, {"sums"});
  EXPECT_EQ(run.status, 0) << run;
  EXPECT_EQ(run.output, std::to_string(mp::cpu_count()) + " workers, 332833500\n");
}

TEST(Cluster, EveryRankButTheFirstIsAWorker) {
  for (const int ranks : {2, 3, 5}) {
    const auto run = mpirun(ranks, {scenarios, "sums"});
    EXPECT_EQ(run.status, 0) << run;
    EXPECT_EQ(run.output, std::to_string(ranks - 1) + " workers, 332833500\n");
  }
}

TEST(Cluster, OneRankAloneIsAPoolOfItsMachine) {
  const auto run = mpirun(1, {scenarios, "sums"});
  EXPECT_EQ(run.status, 0) << run;
  // mpirun may bind it to fewer processors than there are.
  EXPECT_THAT(run.output, MatchesRegex("[1-9][0-9]* workers, 332833500\n"));
}

TEST(Cluster, ManyTinyTasks) {
  const auto run = mpirun(3, {scenarios, "tiny"});
  EXPECT_EQ(run.status, 0) << run;
  EXPECT_EQ(run.output, "true\n");
}

TEST(Cluster, AnErrorNamesTheRankAndItsHost) {
  const auto run = mpirun(3, {scenarios, "throws"});
  EXPECT_EQ(run.status, 0) << run;
  EXPECT_THAT(run.output_lines(),
              ElementsAre(MatchesRegex("rank [12] on .+: std::range_error: too far"), "49"));
}

TEST(Cluster, ARankThatDiesEndsTheRun) {
  const auto run = mpirun(3, {scenarios, "dies"});
  EXPECT_NE(run.status, 0) << run;
  EXPECT_THAT(run.errors, HasSubstr("process rank"));
  EXPECT_THAT(run.errors, ContainsRegex("exited on[ \n]signal 9 \\(Killed\\)"));
}

TEST(Cluster, AnotherExecutableIsRefused) {
  const course::TemporaryFolder folder;
  const auto other = folder.path() / "other";
  fs::copy_file(scenarios, other);
  std::ofstream{other, std::ios::app} << "changed";
  const std::string script =
      R"(program=$1; [ "$OMPI_COMM_WORLD_RANK" = 0 ] || program=$2; exec ${3:+"$3"} "$program" sums)";
  const auto loader = course::loader();
  ASSERT_FALSE(loader.empty());
  for (const auto& start_with : {std::string{}, loader}) {
    const auto run = mpirun(2, {"sh", "-c", script, "sh", scenarios, other, start_with});
    EXPECT_EQ(run.status, 1) << run;
    EXPECT_THAT(run.errors, HasSubstr("mp::ClusterPool: rank 1 on "));
    EXPECT_THAT(run.errors, HasSubstr("runs a different executable than rank 0"));
  }
}

TEST(Cluster, MessagesOfAnySize) {
  const auto small = mpirun(2, {scenarios, "large", "0"});
  EXPECT_EQ(small.output, "12345 y\n") << small;
  if (lesson::available_memory() < (std::int64_t{16} << 30)) GTEST_SKIP() << "not enough memory";
  const auto large = mpirun(2, {scenarios, "large", "3"});
  EXPECT_EQ(large.output, "3221237817 y\n") << large;
}

TEST(Cluster, DescriptorsDoNotTravel) {
  const auto run = mpirun(2, {scenarios, "refuses"});
  EXPECT_EQ(run.status, 0) << run;
  EXPECT_THAT(run.output_lines(),
              ElementsAre(AllOf(HasSubstr("argument: "), HasSubstr("use mp::Pool")),
                          HasSubstr("result: ")));
}

TEST(Cluster, InitializersRunFirst) {
  const auto run = mpirun(3, {scenarios, "initializer"});
  EXPECT_EQ(run.status, 0) << run;
  EXPECT_THAT(run.output_lines(), ElementsAre("42", HasSubstr("no licence")));
}

TEST(Cluster, ASlowRankHoldsNoMoreThanTwoChunks) {
  const auto run = mpirun(4, {scenarios, "slow"});
  EXPECT_EQ(run.status, 0) << run;
  EXPECT_LE(std::stoi("0" + run.output), 2) << run;
}

TEST(Cluster, AnIdleRankLeavesItsProcessorToOthers) {
  const auto run = mpirun(2, {scenarios, "idle"});
  EXPECT_EQ(run.status, 0) << run;
  EXPECT_LT(std::stod("0" + run.output), 0.2) << run;  // about 0.01; polling takes 1
}

TEST(Cluster, AsyncResultsArrive) {
  const auto run = mpirun(3, {scenarios, "asynchronous"});
  EXPECT_EQ(run.status, 0) << run;
  EXPECT_EQ(run.output, "328350\n");
}

TEST(Cluster, MemoryContinuesWhereARunHasDied) {
  const course::TemporaryFolder folder;
  const auto first = mpirun(2, {scenarios, "memory", folder.path()});
  EXPECT_NE(first.status, 0) << first;
  std::ofstream{folder.path() / "again"} << "yes";
  const auto second = mpirun(2, {scenarios, "memory", folder.path()});
  EXPECT_EQ(second.status, 0) << second;
  EXPECT_THAT(second.output_lines(), UnorderedElementsAre("computes 6", "computes 7", "computes 8",
                                                          "computes 9", "sum 45"));
}

TEST(Cluster, PiIsTheSameForAnyNumberOfRanks) {
  const std::string lesson = LESSON_DIR "/cluster_pi";
  const auto alone = course::run_lesson("cluster_pi", {"--points", "10000003"});
  EXPECT_EQ(alone.status, 0) << alone;
  EXPECT_THAT(alone.output_lines(),
              ElementsAre(StartsWith("Workers: "), Not(HasSubstr("One process: 0.00 s")),
                          "They found the same", MatchesRegex("pi is about 3.14[0-9]+")));
  for (const int ranks : {2, 5}) {
    const auto run = mpirun(ranks, {lesson, "--points", "10000003"});
    ASSERT_EQ(run.status, 0) << run;
    EXPECT_EQ(run.output_lines().back(), alone.output_lines().back());
  }
}

// ---- Three hosts ----

Run on_three_hosts(const std::vector<std::string>& words) {
  return run_program(THREE_HOSTS, words, options());
}

bool no_hosts() {
  const auto run = on_three_hosts({"-n", "1", "true"});
  return run.status == 77;
}

TEST(ThreeHosts, PiIsTheSame) {
  if (no_hosts()) GTEST_SKIP() << "network namespaces are not allowed here";
  const auto alone = course::run_lesson("cluster_pi", {"--points", "10000003"});
  const auto cluster_pi = LESSON_DIR "/cluster_pi";
  const auto run = on_three_hosts({"-n", "5", cluster_pi, "--points", "10000003"});
  ASSERT_EQ(run.status, 0) << run;
  EXPECT_EQ(run.output_lines().back(), alone.output_lines().back());
  EXPECT_THAT(run.output_lines().front(), AllOf(HasSubstr("host1"), HasSubstr("host3")));
}

TEST(ThreeHosts, AnErrorNamesTheHost) {
  if (no_hosts()) GTEST_SKIP() << "network namespaces are not allowed here";
  const auto run = on_three_hosts({"-n", "4", scenarios, "throws"});
  ASSERT_EQ(run.status, 0) << run;
  EXPECT_THAT(run.output_lines().front(),
              MatchesRegex("rank [123] on host[123]: std::range_error: too far"));
}

TEST(ThreeHosts, AHostWhoseLinkIsLostEndsTheRun) {
  if (no_hosts()) GTEST_SKIP() << "network namespaces are not allowed here";
  const auto run = on_three_hosts({"--lose-link", "-n", "4", scenarios, "endless"});
  ASSERT_TRUE(run.status) << run;
  const std::string lost = "has lost communication with a remote daemon";
  // Open MPI 5 then ends with status 0.
  EXPECT_THAT(run.errors, HasSubstr((*run.status != 0 ? "" : "PRTE ") + lost)) << run;
}

}  // namespace
