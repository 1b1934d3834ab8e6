#include "http/validator.hpp"

#include "http/times.hpp"

#include <algorithm>

namespace webseed::http {

namespace {

constexpr std::size_t etag_size_max = 512;

// Not of a weak one (W/"..."), which stands for bytes that may differ, and not of what isn't in quotes.
std::string_view strong_etag_of(response_facts const& facts) noexcept
{
    auto const etag = facts.etag.value_or("");
    if (etag.size() < 2 || etag.size() > etag_size_max || !etag.starts_with('"') || !etag.ends_with('"'))
        return {};
    auto const inside = etag.substr(1, etag.size() - 2);
    auto const may_be_inside = [](char c) { return c != '"' && c != '\x7f' && static_cast<unsigned char>(c) > 0x20; };
    return std::ranges::all_of(inside, may_be_inside) ? etag : std::string_view();
}

std::string_view last_modified_of(response_facts const& facts) noexcept
{
    auto const field = facts.last_modified.value_or("");
    return parse_date(field) ? field : std::string_view();
}

} // namespace

std::string validator_of(response_facts const& facts)
{
    if (auto const etag = strong_etag_of(facts); !etag.empty())
        return std::string(etag);
    auto const modified = last_modified_of(facts);
    if (modified.empty())
        return {};
    auto const now = parse_date(facts.date.value_or(""));
    return !now || *now > *parse_date(modified) ? std::string(modified) : std::string();
}

bool is_other_version(response_facts const& facts, std::string_view validator, bool was_sent) noexcept
{
    if (validator.empty())
        return false;
    auto const now = validator.starts_with('"') ? strong_etag_of(facts) : last_modified_of(facts);
    if (now.empty())
        return was_sent && facts.status == 200;
    return now != validator;
}

} // namespace webseed::http
