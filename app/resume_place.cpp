#include "resume_place.hpp"

#include <array>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <system_error>

#include <sys/stat.h>

namespace webseed::app {

namespace {

namespace fs = std::filesystem;

/// As the XDG Base Directory Specification has it: paths that aren't absolute don't count.
fs::path of_environment(char const* name)
{
    auto const* const value = std::getenv(name);
    fs::path found(value != nullptr ? value : "");
    return found.is_absolute() ? found : fs::path();
}

fs::path state_home()
{
    auto const named = of_environment("XDG_STATE_HOME");
    if (!named.empty())
        return named;
    auto const home = of_environment("HOME");
    return home.empty() ? fs::path() : home / ".local" / "state";
}

/// The same for all ways to write it.
fs::path settled(fs::path const& directory)
{
    std::error_code failed;
    auto const whole = fs::absolute(directory, failed);
    auto found = fs::weakly_canonical(whole, failed);
    if (failed)
        found = whole.lexically_normal();
    return found.has_filename() ? found : found.parent_path();
}

/// FNV-1a. Two directories that have the same, if there ever are, only make each other hash again.
std::string short_hash(std::string const& text)
{
    std::uint64_t hash = 14695981039346656037u;
    for (char const c : text)
        hash = (hash ^ static_cast<unsigned char>(c)) * 1099511628211u;
    std::array<char, 17> digits;
    std::snprintf(digits.data(), digits.size(), "%016llx", static_cast<unsigned long long>(hash));
    return digits.data();
}

/// Makes it; empty: the user has no home.
fs::path make_place()
{
    auto const home = state_home();
    if (home.empty())
        return {};
    auto const place = home / "webseed";
    fs::path made;
    for (auto const& name : place)
        ::mkdir((made /= name).c_str(), 0700); // what can't be made is there, or nothing will be kept
    return place;
}

} // namespace

fs::path resume_file_of(metainfo const& torrent, fs::path const& directory)
{
    auto const place = make_place();
    if (place.empty())
        return {};
    auto const hash = torrent.infohash_v1() ? to_hex(*torrent.infohash_v1()) : to_hex(torrent.infohash_v2().value());
    return place / (hash + "-" + short_hash(settled(directory).string()) + ".resume");
}

fs::path servers_file()
{
    auto const place = make_place();
    return place.empty() ? place : place / "servers.json";
}

} // namespace webseed::app
