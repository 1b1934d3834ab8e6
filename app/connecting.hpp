// How the program reaches servers: the options that all commands have which do so, and what the environment says.
#pragma once

#include <webseed/error.hpp>
#include <webseed/network_options.hpp>
#include <webseed/options.hpp>
#include <webseed/request_options.hpp>

#include <boost/system/result.hpp>

#include <chrono>
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <vector>

namespace CLI {
class App;
}

namespace webseed::app {

/// An option of bytes a second.
void add_rate(CLI::App& command, char const* name, std::uint64_t& rate, char const* help);

/// An option of seconds, which sets all of these.
void add_seconds(
    CLI::App& command, char const* name, std::initializer_list<std::chrono::milliseconds*> set, char const* help);

/// As they stand on the command line.
struct connecting_options
{
    tls_options tls{};
    address_family family = address_family::any;
    /// Not set: as the environment says; empty: none.
    std::optional<std::string> proxy{};
    std::optional<std::string> no_proxy{};
    /// Those with its timeouts.
    request_options requests{};
    bool reads_netrc = false;
    /// Empty: .netrc in the user's directory.
    std::string netrc_file{};
    /// Bytes a second.
    std::uint64_t rate_max = 0;
    /// Whether seeds that torrents name may be at addresses that only those may be at that the user names.
    bool allows_private = false;

    /// The command's options set this, which must outlive its parsing.
    void add_to(CLI::App& command);
};

/// What the library is told of it.
struct connection_settings
{
    engine_options engine{};
    request_options requests{};
};

/// What is no URL of HTTP. @param cause  told which.
error_code check_mirrors(std::vector<std::string> const& mirrors, diagnostics& cause);

/// Reads the environment and the file of logins. Warns people on standard error where what is asked for is dangerous.
/// @param cause  told what is wrong; no secrets.
boost::system::result<connection_settings> make_settings(connecting_options const& options, diagnostics& cause);

} // namespace webseed::app
