// One torrent being made: finds the files, hashes them on all workers, writes the metainfo.
#pragma once

#include "disk/source_tree.hpp"
#include "engine/activity.hpp"
#include "engine/content_hasher.hpp"
#include "engine/engine_parts.hpp"
#include "engine/task_group.hpp"
#include "torrent/metainfo_writer.hpp"

#include <webseed/make.hpp>
#include <webseed/metainfo.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

#include <atomic>
#include <exception>
#include <filesystem>
#include <memory>
#include <mutex>
#include <optional>
#include <tuple>
#include <vector>

namespace webseed::core {

class maker final : public activity, public std::enable_shared_from_this<maker>
{
public:
    maker(engine_parts shared, std::filesystem::path path, make_options options);

    void start() override;
    void close(error_code reason) override;

    /// Once, after it has ended.
    std::tuple<error_code, made_torrent> take_outcome();

private:
    boost::asio::awaitable<void> run();
    boost::asio::awaitable<error_code> make();
    boost::asio::awaitable<error_code> find_files();
    error_code describe();
    boost::asio::awaitable<error_code> hash();
    boost::asio::awaitable<void> hash_runs(std::unique_ptr<content_hasher> hasher);
    error_code write();
    error_code fail(error_code error, std::string message);
    void stop_for(error_code error, diagnostics cause);

    engine_parts shared_;
    std::filesystem::path path_;
    make_options options_;
    metainfo_limits limits_;            // that which we make, we can read
    boost::asio::any_io_executor home_; // of run() and the group
    task_group group_;

    // Whoever has something against going on says so here; the first counts.
    std::atomic<bool> is_stopping_ = false;
    std::mutex mutex_; // held for a copy
    error_code error_;
    diagnostics cause_;

    // Of run(), and while they hash for the hashers to read:
    std::optional<disk::source_tree> source_;
    torrent::content content_;
    torrent::content_hashes hashes_;
    std::uint64_t run_length_ = 1;              // pieces that a hasher takes at a time
    std::atomic<std::uint64_t> next_piece_ = 0; // that nobody has taken
    made_torrent made_;
};

} // namespace webseed::core
