#include "json_output.hpp"

#include "piece_words.hpp"
#include "seed_words.hpp"

#include <webseed/shown_url.hpp>

#include <boost/json/array.hpp>
#include <boost/json/serialize.hpp>

#include <cerrno>
#include <cstdio>
#include <span>
#include <type_traits>
#include <utility>
#include <vector>

namespace webseed::app {

namespace json = boost::json;

namespace {

// The length of the UTF-8 sequence at the front of `text`; 0 if there is none.
std::size_t sequence_size(std::string_view text)
{
    auto const byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
    auto const first = byte(0);
    if (first < 0x80)
        return 1;
    auto const size = first >= 0xc2 && first < 0xe0   ? 2u
                      : first >= 0xe0 && first < 0xf0 ? 3u
                      : first >= 0xf0 && first < 0xf5 ? 4u
                                                      : 0u;
    if (size == 0 || text.size() < size)
        return 0;
    for (std::size_t i = 1; i != size; ++i)
        if (byte(i) < 0x80 || byte(i) >= 0xc0)
            return 0;
    // Overlong forms, surrogates, and what is beyond Unicode.
    auto const second = byte(1);
    auto const is_wrong = (first == 0xe0 && second < 0xa0) || (first == 0xed && second >= 0xa0) ||
                          (first == 0xf0 && second < 0x90) || (first == 0xf4 && second >= 0x90);
    return is_wrong ? 0 : size;
}

char const* name_of(seed_state state)
{
    switch (state)
    {
    case seed_state::ready:
        return "ready";
    case seed_state::pausing:
        return "pausing";
    case seed_state::given_up:
        return "given_up";
    }
    return "";
}

template <class... Types>
struct overloaded : Types...
{
    using Types::operator()...;
};
template <class... Types>
overloaded(Types...) -> overloaded<Types...>;

std::string path_of(metainfo const& torrent, file_index file)
{
    return to_utf8(torrent.files()[to_number(file)].path);
}

json::object seed_line(std::string_view name, std::string const& url)
{
    auto line = json_line(name);
    line["url"] = to_utf8(url);
    return line;
}

void add_wait(json::object& line, std::chrono::steady_clock::time_point until)
{
    if (auto const wait = wait_of(until, std::chrono::steady_clock::now()))
        line["wait_ms"] = wait->count();
}

void add_cause(json::object& line, diagnostics const& cause)
{
    if (!cause.message.empty())
        line["message"] = to_utf8(cause.message);
    if (cause.http_status != 0)
        line["status"] = cause.http_status;
}

json::object failure_line(std::string_view name, std::string const& url, error_code error, diagnostics const& cause)
{
    auto line = seed_line(name, url);
    line["error"] = error.message();
    line["message"] = to_utf8(cause.message);
    if (cause.http_status != 0)
        line["status"] = cause.http_status;
    return line;
}

json::value json_of_hash(auto const& hash)
{
    if (!hash)
        return nullptr;
    return json::value(to_hex(*hash));
}

json::array json_of_strings(std::span<std::string const> strings)
{
    json::array shown;
    for (auto const& string : strings)
        shown.emplace_back(to_utf8(string));
    return shown;
}

json::object json_of_file(metainfo const& torrent, file_index index)
{
    auto const& file = torrent.files()[to_number(index)];
    json::object entry;
    entry["path"] = to_utf8(file.path);
    entry["size"] = file.size;
    entry["pad"] = file.pad;
    if (file.executable)
        entry["executable"] = true;
    if (file.hidden)
        entry["hidden"] = true;
    if (file.link)
        entry["link"] = to_utf8(torrent.link_target(index));
    return entry;
}

json::array json_of_urls(std::span<std::string const> urls)
{
    json::array shown;
    for (auto const& url : urls)
        shown.emplace_back(to_utf8(shown_url(url)));
    return shown;
}

// Pairs of the first and the last.
json::array json_of_selection(std::vector<file_range> const& selection)
{
    json::array shown;
    for (auto const range : selection)
        shown.push_back(json::array{range.first, range.end - 1});
    return shown;
}

} // namespace

std::string to_utf8(std::string_view text)
{
    std::string clean;
    while (!text.empty())
    {
        auto const size = sequence_size(text);
        if (size == 0)
            clean += "\xef\xbf\xbd";
        else
            clean += text.substr(0, size);
        text.remove_prefix(size == 0 ? 1 : size);
    }
    return clean;
}

json::object json_line(std::string_view name)
{
    json::object line;
    line["v"] = 1;
    line["ev"] = name;
    return line;
}

json::object done_line(error_code error, exit_code status, diagnostics const& cause)
{
    auto line = json_line("done");
    line["ok"] = status == exit_code::ok;
    line["exit"] = static_cast<int>(status);
    if (error)
    {
        line["error"] = error.message();
        line["message"] = to_utf8(cause.message);
    }
    return line;
}

json::object json_of(metainfo const& torrent)
{
    json::object shown;
    shown["name"] = to_utf8(torrent.name());
    shown["infohash_v1"] = json_of_hash(torrent.infohash_v1());
    shown["infohash_v2"] = json_of_hash(torrent.infohash_v2());
    shown["piece_length"] = torrent.piece_length();
    shown["pieces"] = torrent.piece_count();
    shown["total_size"] = torrent.total_size();
    shown["file_count"] = torrent.files().size();
    shown["private"] = torrent.is_private();
    shown["comment"] = to_utf8(torrent.comment());
    shown["created_by"] = to_utf8(torrent.created_by());
    shown["creation_date"] = torrent.creation_date() ? json::value(*torrent.creation_date()) : json::value();
    shown["web_seeds"] = json_of_urls(torrent.web_seeds());
    shown["http_seeds"] = json_of_urls(torrent.http_seeds());
    shown["warnings"] = json_of_strings(torrent.warnings());
    return shown;
}

json::object json_of(loaded_torrent const& loaded)
{
    auto shown = json_of(loaded.torrent.value());
    shown["mirrors"] = json_of_urls(loaded.mirrors);
    shown["selection"] = json_of_selection(loaded.selection);
    auto& warnings = shown["warnings"].as_array();
    for (auto& warning : json_of_strings(loaded.warnings))
        warnings.push_back(std::move(warning));
    return shown;
}

json::object json_of(magnet_link const& link)
{
    json::object shown;
    shown["name"] = to_utf8(link.name);
    shown["infohash_v1"] = json_of_hash(link.infohash_v1);
    shown["infohash_v2"] = json_of_hash(link.infohash_v2);
    shown["total_size"] = link.size ? json::value(*link.size) : json::value();
    shown["exact_sources"] = json_of_urls(link.exact_sources);
    shown["acceptable_sources"] = json_of_urls(link.acceptable_sources);
    shown["web_seeds"] = json_of_urls(link.web_seeds);
    shown["selection"] = json_of_selection(link.selection);
    shown["warnings"] = json_of_strings(link.warnings);
    return shown;
}

json::object json_of(metainfo const& torrent, event const& happened)
{
    auto const visitor = overloaded{
        [&](file_finished const& told) {
            auto line = json_line("file");
            line["path"] = path_of(torrent, told.file);
            return line;
        },
        [&](piece_bad const& told) {
            auto line = json_line("piece_bad");
            line["piece"] = to_number(told.piece);
            line["path"] = path_of(torrent, told.file);
            line["url"] = to_utf8(told.seed_url);
            return line;
        },
        [&](seed_paused const& told) {
            auto line = failure_line("seed_paused", told.seed_url, told.error, told.cause);
            line["pause_ms"] = told.pause.count();
            return line;
        },
        [&](seed_given_up const& told) { return failure_line("seed_given_up", told.seed_url, told.error, told.cause); },
        [&](file_missing const& told) {
            auto line = failure_line("file_missing", told.seed_url, told.error, told.cause);
            line["path"] = path_of(torrent, told.file);
            return line;
        },
        [&](seed_added const& told) { return seed_line("seed_added", told.seed_url); },
        [&](seed_removed const& told) { return seed_line("seed_removed", told.seed_url); },
        [&](seed_changed const& told) {
            auto line = seed_line("seed_changed", told.seed_url);
            line["doing"] = name_of(told.doing);
            add_wait(line, told.until);
            add_cause(line, told.cause);
            return line;
        },
        [&](claim_overdue const& told) {
            auto line = seed_line("claim_overdue", told.seed_url);
            line["piece"] = to_number(told.piece);
            return line;
        },
        [&](check_begun const& told) {
            auto line = json_line("check_begun");
            line["pieces"] = told.pieces;
            return line;
        },
        [&](check_ended const& told) {
            auto line = json_line("check_ended");
            line["pieces"] = told.pieces;
            line["pieces_right"] = told.pieces_right;
            line["bytes_right"] = told.bytes_right;
            return line;
        },
        [&](file_selected const& told) {
            auto line = json_line("file_selected");
            line["path"] = path_of(torrent, told.file);
            line["wanted"] = told.is_wanted;
            return line;
        },
    };
    return std::visit(visitor, happened);
}

json::object json_of(metainfo const& torrent, piece_report const& told)
{
    auto line = json_line("missing");
    line["piece"] = to_number(told.piece);
    line["count"] = told.count;
    line["path"] = path_of(torrent, told.file);
    line["state"] = name_of(told.state);
    if (told.is_disputed)
        line["disputed"] = true;
    json::array seeds;
    for (auto const& each : told.seeds)
    {
        json::object entry;
        entry["url"] = to_utf8(each.seed_url);
        entry["why"] = name_of(each.excuse);
        add_cause(entry, each.cause);
        seeds.push_back(std::move(entry));
    }
    line["seeds"] = std::move(seeds);
    return line;
}

json::object json_of(stats const& progress)
{
    json::object shown;
    shown["pieces"] = progress.pieces;
    shown["pieces_verified"] = progress.pieces_verified;
    shown["pieces_under_way"] = progress.pieces_under_way;
    shown["bytes"] = progress.bytes;
    shown["bytes_verified"] = progress.bytes_verified;
    shown["bytes_kept"] = progress.bytes_kept;
    shown["bytes_trusted"] = progress.bytes_trusted;
    shown["bytes_resumed"] = progress.bytes_resumed;
    shown["bytes_copied"] = progress.bytes_copied;
    shown["bytes_received"] = progress.bytes_received;
    shown["bytes_wasted"] = progress.bytes_wasted;
    shown["bytes_discarded"] = progress.bytes_discarded;
    shown["claims_shared"] = progress.claims_shared;
    shown["claims_overdue"] = progress.claims_overdue;
    shown["checking"] = progress.checking;
    json::array seeds;
    for (auto const& seed : progress.seeds)
    {
        json::object entry;
        entry["url"] = to_utf8(seed.url);
        entry["state"] = name_of(seed.state);
        entry["doing"] = name_of(seed.doing);
        entry["claims"] = seed.claims;
        add_wait(entry, seed.until);
        entry["bytes_received"] = seed.bytes_received;
        entry["bytes_verified"] = seed.bytes_verified;
        entry["requests"] = seed.requests;
        entry["connections"] = seed.connections;
        entry["failures"] = seed.failures;
        entry["pieces_bad"] = seed.pieces_bad;
        if (!seed.last_error.message.empty())
            entry["last_error"] = to_utf8(seed.last_error.message);
        seeds.push_back(std::move(entry));
    }
    shown["seeds"] = std::move(seeds);
    return shown;
}

namespace {

// Who reads it may leave: that is no failure.
void print(std::string_view text, bool is_last)
{
    auto const is_out = std::fwrite(text.data(), 1, text.size(), stdout) == text.size();
    if (!(is_out && (!is_last || std::fflush(stdout) == 0)) && errno == EPIPE)
        std::clearerr(stdout);
}

} // namespace

void print_json(json::object const& line)
{
    print(json::serialize(line) + '\n', true);
}

void print_json(json::object const& line, metainfo const& torrent)
{
    auto text = json::serialize(line);
    text.back() = ','; // in place of the brace
    text += "\"files\":[";
    for (std::uint32_t i = 0; i != torrent.files().size(); ++i)
    {
        if (i != 0)
            text = ',';
        text += json::serialize(json_of_file(torrent, file_index{i}));
        print(text, false);
    }
    print("]}\n", true);
}

} // namespace webseed::app
