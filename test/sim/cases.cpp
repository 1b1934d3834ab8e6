#include "sim/cases.hpp"

#include "sim/crash.hpp"

#include <array>
#include <cerrno>
#include <charconv>
#include <map>
#include <stdexcept>

namespace webseed::test::sim {

using kind = interference::kind;

namespace {

constexpr std::array<std::string_view, 12> kind_names = {
    "none",  "cancel",           "close",     "close_mirror", "stop",  "drop", "destroy",
    "throw", "throw_in_handler", "file_call", "file_calls",   "crash",
};

std::optional<std::uint64_t> number_in(std::string_view text)
{
    std::uint64_t value = 0;
    auto const [end, failed] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (failed != std::errc() || end != text.data() + text.size())
        return std::nullopt;
    return value;
}

// What stands before the mark; the text becomes what stands behind it, and empty if there is none.
std::string_view cut(std::string_view& text, char mark)
{
    auto const at = text.find(mark);
    auto const first = text.substr(0, at);
    text = at == text.npos ? std::string_view() : text.substr(at + 1);
    return first;
}

// How many points a run has.
std::uint64_t points_of(kind what, report const& seen)
{
    switch (what)
    {
    case kind::throw_in_seam:
        return seen.seam_calls;
    case kind::throw_in_handler:
        return seen.handler_calls;
    case kind::fail_file_call:
    case kind::fail_file_calls:
        return seen.file_calls;
    default:
        return seen.steps;
    }
}

std::vector<int> errors_for(kind what)
{
    if (what == kind::fail_file_call || what == kind::fail_file_calls)
        return {ENOSPC, EDQUOT, EIO, EROFS, EACCES, EMFILE, ENFILE, ESTALE, EFBIG, EINTR};
    return {0};
}

} // namespace

std::string text_of(named_case const& one)
{
    auto text = one.scenario + ':' + std::to_string(one.seed);
    if (one.how.what == kind::none)
        return text;
    text += ':' + name_of(one.how.what) + '@' + std::to_string(one.how.at);
    return one.how.error == 0 ? text : text + 'x' + std::to_string(one.how.error);
}

std::string name_of(kind what)
{
    return std::string(kind_names[static_cast<std::size_t>(what)]);
}

std::optional<kind> parse_kind(std::string_view name)
{
    for (std::size_t i = 0; i != kind_names.size(); ++i)
        if (kind_names[i] == name)
            return static_cast<kind>(i);
    return std::nullopt;
}

std::optional<named_case> parse_case(std::string_view text)
{
    named_case made;
    made.scenario = cut(text, ':');
    auto const seed = number_in(cut(text, ':'));
    if (!seed)
        return std::nullopt;
    made.seed = *seed;
    if (text.empty())
        return made;
    auto const what = parse_kind(cut(text, '@'));
    auto const at = number_in(cut(text, 'x'));
    auto const error = text.empty() ? 0 : number_in(text);
    if (!what || !at || !error)
        return std::nullopt;
    made.how = {*what, *at, static_cast<int>(*error)};
    return made;
}

scenario scenario_of(named_case const& one)
{
    if (one.scenario == "drawn")
        return drawn_from(one.seed);
    if (one.scenario == "faultless")
        return faultless_from(one.seed);
    if (one.scenario == "each")
        return each_wrong_from(one.seed);
    for (auto& each : named_scenarios(one.seed))
        if (each.name == one.scenario)
            return std::move(each);
    throw std::invalid_argument("no scenario is called " + one.scenario);
}

report run_case(named_case const& one, std::ostream* log)
{
    if (one.how.what != kind::crash)
        return simulate(scenario_of(one), one.how, log);
    // Many crashes are looked at for each run that is recorded.
    static std::map<std::pair<std::string, std::uint64_t>, crash_lab> labs;
    auto found = labs.find({one.scenario, one.seed});
    if (found == labs.end())
        found = labs.try_emplace({one.scenario, one.seed}, scenario_of(one)).first;
    return found->second.check(one.how.at, log);
}

std::vector<named_case> crashes(std::uint64_t count)
{
    auto const scenarios = named_scenarios(1);
    std::vector<named_case> all;
    all.reserve(count);
    for (std::uint64_t i = 0; i != count; ++i)
        all.push_back({scenarios[i % scenarios.size()].name, 1, {kind::crash, i / scenarios.size(), 0}});
    return all;
}

std::vector<named_case> sweep(kind what, std::uint64_t stride, std::uint64_t seeds)
{
    std::vector<named_case> all;
    for (std::uint64_t seed = 1; seed <= seeds; ++seed)
        for (auto const& each : named_scenarios(seed))
        {
            auto const count = points_of(what, simulate(each));
            for (auto const error : errors_for(what))
                for (std::uint64_t at = 1; at <= count; at += stride)
                    all.push_back({each.name, seed, {what, at, error}});
        }
    return all;
}

} // namespace webseed::test::sim
