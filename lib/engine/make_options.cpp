#include "engine/make_options.hpp"

#include "http/seed_url.hpp"
#include "http/shown_url.hpp"
#include "torrent/merkle.hpp"

#include <algorithm>
#include <bit>

namespace webseed::core {
namespace {

constexpr std::size_t name_size_max = 255;

error_code refuse(diagnostics& cause, std::string message)
{
    cause.message = std::move(message);
    return errc::option_invalid;
}

} // namespace

std::string name_of(std::filesystem::path const& path)
{
    auto const clean = path.lexically_normal();
    auto const name = (clean.has_filename() ? clean : clean.parent_path()).filename().string();
    return name == "." || name == ".." ? std::string() : name;
}

error_code check(make_options const& options, diagnostics& cause)
{
    auto const length = options.piece_length;
    if (length != 0 && (!std::has_single_bit(length) || length < torrent::merkle_block_size || length >> 40 != 0))
        return refuse(cause, "piece length " + std::to_string(length) + ": not a power of two from 16 KiB on");
    for (auto const& url : options.web_seeds)
        if (!http::seed_url::parse(url))
            return refuse(cause, "web seed " + http::without_credentials(url) + ": no URL of http or https");
    if (options.name.empty())
        return {};
    return check_name(options.name, cause);
}

error_code check_name(std::string const& name, diagnostics& cause)
{
    bool const has_wrong_byte = std::ranges::any_of(name, [](char c) { return c == '/' || c == '\0'; });
    if (name.empty())
        return refuse(cause, "the torrent needs a name that the path doesn't tell");
    if (name == "." || name == ".." || has_wrong_byte || name.size() > name_size_max)
        return refuse(cause, "name " + name + ": not one that a file could have");
    return {};
}

std::vector<std::string> web_seeds_of(make_options const& options, bool is_multi_file)
{
    auto urls = options.web_seeds;
    for (auto& url : urls)
        if (is_multi_file && !url.ends_with('/') && url.find_first_of("?#") == url.npos)
            url += '/';
    return urls;
}

} // namespace webseed::core
