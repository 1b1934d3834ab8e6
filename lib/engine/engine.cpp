#include "engine/errand.hpp"
#include "engine/front.hpp"
#include "engine/load.hpp"
#include "engine/maker.hpp"
#include "engine/probe.hpp"
#include "engine/session.hpp"

#include <webseed/engine.hpp>

#include <boost/asio/error.hpp>
#include <boost/asio/this_coro.hpp>

#include <chrono>
#include <filesystem>
#include <memory>
#include <mutex>
#include <tuple>
#include <utility>
#include <vector>

namespace webseed {

namespace asio = boost::asio;

namespace core {

class engine_core
{
public:
    engine_core(asio::any_io_executor front, engine_options options)
        : has_own_workers_(!options.worker_executor)
    {
        shared_.front = std::move(front);
        shared_.crew = std::make_shared<workers>(options.worker_count, std::move(options.worker_executor));
        shared_.net = options.net ? std::move(options.net) : make_tcp_network();
        shared_.time = options.time ? std::move(options.time) : make_system_clock();
        shared_.buffers = std::make_shared<buffer_pool>(shared_.crew->count() + 1, options.buffered_size_max);
        planning::host_options polite;
        polite.requests_max = options.host_requests_max;
        shared_.servers = std::make_shared<server_memory>(std::move(options.known_servers));
        shared_.hosts = std::make_shared<host_gates>(polite, options.requests_max, shared_.servers);
        shared_.limit = make_limit(options.rate_max);
        shared_.addresses = options.addresses ? std::move(options.addresses) : default_address_policy;
    }

    asio::any_io_executor const& front() const noexcept { return shared_.front; }
    std::uint64_t buffered_size() const { return shared_.buffers->lent(); }
    std::vector<known_server> known_servers(std::chrono::sys_seconds wall) const
    {
        return shared_.servers->tell(wall, shared_.time->now(), shared_.hosts->notes());
    }

    std::shared_ptr<session>
    add(metainfo torrent, std::unique_ptr<storage> into, std::vector<std::string> mirrors, download_options options)
    {
        auto made = std::make_shared<session>(
            shared_, std::move(torrent), std::move(into), std::move(mirrors), std::move(options));
        keep(made);
        return made;
    }

    /// @tparam Result, Task  as of errand.
    template <class Result, class Task>
    std::shared_ptr<errand<Result>> send(Task what)
    {
        auto made = std::make_shared<errand<Result>>(shared_, std::move(what));
        keep(made);
        return made;
    }

    std::shared_ptr<maker> make(std::filesystem::path path, make_options options)
    {
        auto made = std::make_shared<maker>(shared_, std::move(path), std::move(options));
        keep(made);
        return made;
    }

    /// Closes all that is under way, and tells what.
    std::vector<std::shared_ptr<activity>> close_all()
    {
        std::vector<std::shared_ptr<activity>> all;
        std::lock_guard const lock(mutex_);
        for (auto const& weak : activities_)
            if (auto found = weak.lock())
                all.push_back(std::move(found));
        for (auto const& each : all)
            each->close(errc::closed);
        return all;
    }

    /// The workers stay until the last activity has ended: it may start something on any of them till then.
    void shut_down()
    {
        auto const all = close_all();
        if (!has_own_workers_)
            return;
        for (auto const& each : all)
            each->join();
        shared_.crew->join();
    }

private:
    void keep(std::weak_ptr<activity> made)
    {
        std::lock_guard const lock(mutex_);
        if (activities_.size() == activities_.capacity()) // which at the most doubles
            std::erase_if(activities_, [](auto const& weak) { return weak.expired(); });
        activities_.push_back(std::move(made));
    }

    engine_parts shared_;
    bool has_own_workers_;
    std::mutex mutex_; // held for a look at the list
    std::vector<std::weak_ptr<activity>> activities_;
};

} // namespace core

namespace {

using core::engine_parts;

asio::awaitable<std::tuple<error_code>> stop_all(std::shared_ptr<core::engine_core> core)
{
    co_await asio::this_coro::throw_if_cancelled(false);
    co_await asio::this_coro::reset_cancellation_state(asio::enable_total_cancellation());
    auto const running = core->close_all();
    for (auto const& each : running)
    {
        co_await each->wait_ended();
        auto const state = co_await asio::this_coro::cancellation_state;
        if (state.cancelled() != asio::cancellation_type::none)
            co_return std::tuple<error_code>(asio::error::operation_aborted);
    }
    co_return std::tuple(error_code());
}

// These live on the embedder's executor, and are all that does of a load, of a probe, and of the making of a torrent.

asio::awaitable<std::tuple<error_code, loaded_torrent>>
run_load(std::shared_ptr<core::errand<core::load_result>> load, diagnostics* cause)
{
    co_await core::run_to_end(load);
    auto result = load->take();
    if (cause)
        *cause = std::move(result.cause);
    co_return std::tuple(result.error, std::move(result.loaded));
}

asio::awaitable<std::tuple<error_code, probe_report>> run_probe(std::shared_ptr<core::errand<probe_report>> probe)
{
    co_await core::run_to_end(probe);
    auto report = probe->take();
    auto const error = report.error;
    co_return std::tuple(error, std::move(report));
}

asio::awaitable<std::tuple<error_code, made_torrent>> run_maker(std::shared_ptr<core::maker> maker)
{
    co_await core::run_to_end(maker);
    auto made = maker->take_outcome();
    co_return made;
}

} // namespace

engine::engine(asio::any_io_executor executor, engine_options options)
    : core_(std::make_shared<core::engine_core>(std::move(executor), std::move(options)))
{}

engine::~engine()
{
    core_->shut_down();
}

engine::executor_type engine::get_executor() const noexcept
{
    return core_->front();
}

std::uint64_t engine::buffered_size() const
{
    return core_->buffered_size();
}

std::vector<known_server> engine::known_servers(std::chrono::sys_seconds now) const
{
    return core_->known_servers(now);
}

download
engine::add(metainfo torrent, std::unique_ptr<storage> into, std::vector<std::string> mirrors, download_options options)
{
    return download(core_->add(std::move(torrent), std::move(into), std::move(mirrors), std::move(options)));
}

void engine::start_load(
    std::shared_ptr<core::engine_core> core, std::string source, load_options options, diagnostics* cause,
    load_handler handler)
{
    auto task = [source = std::move(source), options = std::move(options)](engine_parts const& shared) {
        return webseed::core::load_torrent(shared, source, options);
    };
    auto loading = core->send<webseed::core::load_result>(std::move(task));
    webseed::core::complete_with(core->front(), run_load(std::move(loading), cause), std::move(handler));
}

void engine::start_probe(
    std::shared_ptr<core::engine_core> core, metainfo torrent, std::string url, probe_options options,
    probe_handler handler)
{
    auto task = [torrent = std::move(torrent), url = std::move(url), options = std::move(options)](
                    engine_parts const& shared) { return webseed::core::probe_mirror(shared, torrent, url, options); };
    auto probing = core->send<probe_report>(std::move(task));
    webseed::core::complete_with(core->front(), run_probe(std::move(probing)), std::move(handler));
}

void engine::start_stop(std::shared_ptr<core::engine_core> core, stop_handler handler)
{
    webseed::core::complete_with(core->front(), stop_all(core), std::move(handler));
}

void engine::start_make(
    std::shared_ptr<core::engine_core> core, std::filesystem::path path, make_options options, make_handler handler)
{
    auto maker = core->make(std::move(path), std::move(options));
    webseed::core::complete_with(core->front(), run_maker(std::move(maker)), std::move(handler));
}

} // namespace webseed
