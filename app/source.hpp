// Where a torrent comes from.
#pragma once

#include "interruption.hpp"

#include <webseed/engine.hpp>
#include <webseed/error.hpp>
#include <webseed/loaded_torrent.hpp>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/system/result.hpp>

#include <string>
#include <tuple>
#include <vector>

namespace webseed::app {

bool is_magnet(std::string const& source);

/// Gets the torrent that SOURCE names: a file, standard input for "-", the URL of a file, or a magnet link. Files are
/// read at once, the rest comes through the engine.
/// @param on     must outlive the operation.
/// @param with   headers, logins and times.
/// @param cause  told what was wrong, the source named. Must outlive the operation.
/// @param stop   ends what comes through the engine, with operation_aborted.
boost::asio::awaitable<std::tuple<error_code, loaded_torrent>> load_source(
    engine& on, std::string source, request_options with, diagnostics& cause, boost::asio::cancellation_slot stop = {});

/// What is to be fetched or verified.
struct chosen_torrent
{
    metainfo torrent;
    /// Of the magnet link.
    std::vector<std::string> mirrors;
};

/// Gets the torrent that SOURCE names, with nothing but what is wanted of it, unless a signal comes before.
/// @param on, signals  must outlive the operation.
/// @param wanted       as select_files() takes it.
/// @param cause        told what was wrong. Must outlive the operation.
boost::asio::awaitable<boost::system::result<chosen_torrent>> choose(
    engine& on, std::string source, request_options with, std::vector<std::string> wanted, interruption& signals,
    diagnostics& cause);

} // namespace webseed::app
