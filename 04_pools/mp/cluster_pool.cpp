#include <unistd.h>
#include <memory>
#include <stdexcept>

#include <mp/cluster_engine.hpp>
#include <mp/cluster_pool.hpp>
#include <mp/local_engine.hpp>
#include <mp/start.hpp>

namespace mp {
namespace {

std::shared_ptr<detail::Engine> make_engine(const ClusterOptions& options) {
  if (const auto cluster = detail::Cluster::current())
    return std::make_shared<detail::ClusterEngine>(cluster, options.initializer);
  if (detail::MpiTransport::is_available() && !detail::is_initialised())
    throw std::logic_error{
        "mp::ClusterPool needs mp::init: write mp::init(argc, argv); as the "
        "first line of main"};
  return detail::LocalEngine::start({.initializer = options.initializer});
}

}  // namespace

ClusterPool::ClusterPool(const ClusterOptions& options) : PoolCalls{make_engine(options)} {}

std::vector<std::string> ClusterPool::hosts() const {
  std::vector<std::string> hosts;
  if (const auto cluster = detail::Cluster::current()) {
    for (std::size_t worker = 0; worker < cluster->workers(); ++worker)
      hosts.push_back(cluster->host(worker));
  } else {
    char name[256] = "";
    check(::gethostname(name, sizeof name - 1), "gethostname");
    hosts.assign(static_cast<std::size_t>(cpu_count()), name);
  }
  return hosts;
}

}  // namespace mp
