// Where a torrent comes from.
#pragma once

#include <webseed/engine.hpp>
#include <webseed/error.hpp>
#include <webseed/loaded_torrent.hpp>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/cancellation_signal.hpp>

#include <string>
#include <tuple>

namespace webseed::app {

bool is_magnet(std::string const& source);

/// Gets the torrent that SOURCE names: a file, standard input for "-", the URL of a file, or a magnet link. Files are
/// read at once, the rest comes through the engine.
/// @param on     must outlive the operation.
/// @param cause  told what was wrong, the source named. Must outlive the operation.
/// @param stop   ends what comes through the engine, with operation_aborted.
boost::asio::awaitable<std::tuple<error_code, loaded_torrent>>
load_source(engine& on, std::string source, diagnostics& cause, boost::asio::cancellation_slot stop = {});

} // namespace webseed::app
