#include "plan/id_set.hpp"

#include <doctest/doctest.h>

#include <set>

using webseed::planning::id_set;

namespace {

enum class id : unsigned
{
};

} // namespace

TEST_CASE("a set of ids has what was added and not removed, once")
{
    id_set<id> ids;
    std::set<id> model;
    auto random = 1u;
    for (int i = 0; i != 10'000; ++i)
    {
        random = random * 1'664'525 + 1'013'904'223;
        auto const one = static_cast<id>((random >> 16) % 50);
        if (random >> 31 == 0)
        {
            ids.add(one);
            model.insert(one);
        }
        else
        {
            ids.remove(one);
            model.erase(one);
        }
        REQUIRE(ids.size() == model.size());
        REQUIRE(std::set<id>(ids.begin(), ids.end()) == model);
        REQUIRE(ids.empty() == model.empty());
    }
}
