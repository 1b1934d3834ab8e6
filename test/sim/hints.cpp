#include "sim/scenario.hpp"

#include <iterator>

namespace webseed::test::sim {

using namespace std::chrono_literals;

namespace {

constexpr double rates[] = {0.001, 1, 1e3, 1e6, 1e9, 1e11, 1e300, -1};
constexpr unsigned counts[] = {1, 2, 3, 8, 100, ~0u};

known_server drawn_hint(dice& chance, mirror_manner const& mirror)
{
    known_server made;
    made.origin = mirror.is_secure ? "https://" : "http://";
    made.origin += chance.chance(20) ? mirror.second_host() : mirror.host;
    made.origin += mirror.is_secure ? ":443" : ":80";
    if (chance.chance(70))
        made.rate = chance.chance(40) ? static_cast<double>(mirror.rate) : rates[chance.below(std::size(rates))];
    if (chance.chance(60))
        made.connections = counts[chance.below(std::size(counts))];
    made.mishandles_pipelining = chance.chance(30);
    made.was_dead = chance.chance(40);
    made.seen_at = std::chrono::sys_seconds(19'999 * 24h) + std::chrono::seconds(chance.below(86'400));
    return made;
}

} // namespace

std::vector<known_server> hints_from(dice chance, std::vector<mirror_manner> const& mirrors)
{
    std::vector<known_server> made;
    if (chance.chance(40))
        return made;
    for (auto const& mirror : mirrors)
        if (chance.chance(80))
            made.push_back(drawn_hint(chance, mirror));
    return made;
}

std::string description_of(std::vector<known_server> const& known)
{
    std::string text;
    for (auto const& each : known)
    {
        text += "\nknown of " + each.origin + ": " + std::to_string(each.rate) + " bytes/s, " +
                std::to_string(each.connections) + " connections";
        text += each.mishandles_pipelining ? ", mishandles what is asked ahead" : "";
        text += each.was_dead ? ", was dead" : "";
    }
    return text;
}

} // namespace webseed::test::sim
