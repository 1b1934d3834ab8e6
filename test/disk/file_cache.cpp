#include "disk/file_cache.hpp"

#include <doctest/doctest.h>

using namespace webseed;
using disk::file_cache;

namespace {

file_cache::handle opened(bool is_writable)
{
    return std::make_shared<disk::open_file const>(disk::open_file{disk::descriptor{}, is_writable, 0});
}

} // namespace

TEST_CASE("the file that was used least recently makes room")
{
    file_cache cache(2);
    cache.insert(file_index{0}, opened(true));
    cache.insert(file_index{1}, opened(true));
    CHECK(cache.find(file_index{0}, true));
    cache.insert(file_index{2}, opened(true));
    CHECK(cache.find(file_index{0}, true));
    CHECK_FALSE(cache.find(file_index{1}, true));
    CHECK(cache.find(file_index{2}, true));
}

TEST_CASE("a file that is open for reading alone does not serve a writer, and gives way to one that does")
{
    file_cache cache(2);
    cache.insert(file_index{0}, opened(false));
    CHECK(cache.find(file_index{0}, false));
    CHECK_FALSE(cache.find(file_index{0}, true));
    cache.insert(file_index{0}, opened(true));
    CHECK(cache.find(file_index{0}, true));
    CHECK(cache.find(file_index{0}, false));
}

TEST_CASE("a file stays open for who holds it")
{
    file_cache cache(1);
    cache.insert(file_index{0}, opened(true));
    std::weak_ptr<disk::open_file const> const watched = cache.find(file_index{0}, true);
    auto const held = watched.lock();
    cache.insert(file_index{1}, opened(true));
    CHECK(held.use_count() == 1);
    cache.clear();
    CHECK_FALSE(cache.find(file_index{1}, false));
}

TEST_CASE("files that nobody else holds are let go together, the others stay")
{
    file_cache cache(3);
    CHECK_FALSE(cache.drop_unused());
    for (std::uint32_t i = 0; i != 3; ++i)
        cache.insert(file_index{i}, opened(true));
    auto const held = cache.find(file_index{1}, true);
    CHECK(cache.drop_unused());
    CHECK_FALSE(cache.find(file_index{0}, true));
    CHECK(cache.find(file_index{1}, true) == held);
    CHECK_FALSE(cache.find(file_index{2}, true));
    CHECK_FALSE(cache.drop_unused());
}
