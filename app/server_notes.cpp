#include "server_notes.hpp"

#include "input_file.hpp"
#include "output_file.hpp"
#include "resume_place.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>

#include <sys/stat.h>

namespace webseed::app {

namespace json = boost::json;

namespace {

constexpr std::size_t file_size_max = 1u << 20; // more than the longest origins take
constexpr std::int64_t version = 1;

std::chrono::sys_seconds this_moment()
{
    return std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
}

// The member's value, or 0 for what is no number from 0 to `most`.
double number_of(json::object const& from, std::string_view name, double most)
{
    auto const* const found = from.if_contains(name);
    if (found == nullptr || !found->is_number())
        return 0;
    auto const value = found->to_number<double>();
    return value >= 0 && value <= most ? value : 0;
}

bool is_set(json::object const& from, std::string_view name)
{
    auto const* const found = from.if_contains(name);
    return found != nullptr && found->is_bool() && found->get_bool();
}

known_server server_of(json::object const& from)
{
    known_server made;
    if (auto const* const origin = from.if_contains("origin"); origin != nullptr && origin->is_string())
        made.origin = std::string(origin->get_string());
    made.rate = number_of(from, "rate", std::numeric_limits<double>::max());
    made.connections = static_cast<unsigned>(number_of(from, "connections", 1e6));
    made.mishandles_pipelining = is_set(from, "mishandles_pipelining");
    made.was_dead = is_set(from, "was_dead");
    constexpr double latest = 1e11; // thousands of years from now
    auto const seen_at = static_cast<std::int64_t>(number_of(from, "seen_at", latest));
    made.seen_at = std::chrono::sys_seconds(std::chrono::seconds(seen_at));
    return made;
}

std::vector<known_server> servers_of(std::string_view text)
{
    std::vector<known_server> made;
    boost::system::error_code wrong;
    auto const parsed = json::parse(text, wrong);
    auto const* const all = wrong ? nullptr : parsed.if_object();
    auto const* const its_version = all != nullptr ? all->if_contains("version") : nullptr;
    auto const* const servers = all != nullptr ? all->if_contains("servers") : nullptr;
    auto const is_known = its_version != nullptr && its_version->is_int64() && its_version->get_int64() == version;
    if (!is_known || servers == nullptr || !servers->is_array())
        return made;
    for (auto const& each : servers->get_array())
        if (auto const* const one = each.if_object())
            made.push_back(server_of(*one));
    return made;
}

json::object json_of(known_server const& server)
{
    json::object made;
    made["origin"] = server.origin;
    made["seen_at"] = server.seen_at.time_since_epoch().count();
    if (server.rate != 0)
        made["rate"] = static_cast<std::uint64_t>(server.rate);
    if (server.connections != 0)
        made["connections"] = server.connections;
    if (server.mishandles_pipelining)
        made["mishandles_pipelining"] = true;
    if (server.was_dead)
        made["was_dead"] = true;
    return made;
}

// One line a server, for people.
std::string text_of(std::vector<known_server> const& servers)
{
    auto text = "{\"version\":" + std::to_string(version) + ",\"servers\":[";
    auto const* before = "\n";
    for (auto const& each : servers)
    {
        text += before + json::serialize(json_of(each));
        before = ",\n";
    }
    return text + "\n]}\n";
}

// A pipe or a device would keep us waiting.
std::vector<known_server> read_from(std::string const& path)
{
    struct stat status;
    if (::stat(path.c_str(), &status) != 0 || !S_ISREG(status.st_mode))
        return {};
    auto const bytes = read_file(path, file_size_max);
    if (!bytes || bytes->size() > file_size_max)
        return {};
    return servers_of({reinterpret_cast<char const*>(bytes->data()), bytes->size()});
}

} // namespace

server_notes::server_notes(bool is_wanted)
    : path_(is_wanted ? servers_file().string() : std::string())
{}

std::vector<known_server> server_notes::read() const
{
    return path_.empty() ? std::vector<known_server>() : combine(read_from(path_), {}, this_moment());
}

void server_notes::write(engine const& from) const
{
    if (path_.empty())
        return;
    auto const now = this_moment();
    auto const all = combine(from.known_servers(now), read_from(path_), now);
    auto const text = text_of(all);
    if (!all.empty())
        write_private(path_, std::as_bytes(std::span<char const>(text)));
}

} // namespace webseed::app
