// One loading of a torrent, from its start to its end, on a worker.
#pragma once

#include "engine/activity.hpp"
#include "engine/engine_parts.hpp"
#include "engine/load.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/cancellation_signal.hpp>

#include <memory>
#include <string>

namespace webseed::core {

class loader final : public activity, public std::enable_shared_from_this<loader>
{
public:
    loader(engine_parts shared, std::string source, load_options options);

    // From any thread:

    void start() override;
    /// A load that has its torrent already may keep it.
    void close(error_code reason) override;

    /// What came of it. Once, after wait_ended().
    load_result take() { return std::move(result_); }

private:
    boost::asio::awaitable<void> run();
    void end_as(load_result result);

    engine_parts shared_;
    std::string source_;
    load_options options_;
    boost::asio::any_io_executor home_; // of run(), and of what it alone touches
    // At home only:
    error_code closed_by_;
    boost::asio::cancellation_signal cancel_;
    // Until the end at home, then whoever waited for it.
    load_result result_;
};

} // namespace webseed::core
