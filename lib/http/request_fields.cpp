#include "http/request_fields.hpp"

#include "http/text.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <iterator>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace webseed::http {

namespace {

bool is_token(std::string_view text) noexcept
{
    auto const is_wrong = [](char c) {
        constexpr std::string_view marks = "!#$%&'*+-.^_`|~";
        return !is_letter(c) && !is_digit(c) && marks.find(c) == marks.npos;
    };
    return !text.empty() && std::ranges::none_of(text, is_wrong);
}

// RFC 4648 section 4.
std::string to_base64(std::string_view bytes)
{
    constexpr std::string_view digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    std::string text;
    for (; !bytes.empty(); bytes.remove_prefix(std::min<std::size_t>(3, bytes.size())))
    {
        std::uint32_t group = 0;
        for (std::size_t i = 0; i != 3; ++i)
            group = group << 8 | (i < bytes.size() ? static_cast<unsigned char>(bytes[i]) : 0u);
        for (std::size_t i = 0; i != 4; ++i)
            text += i <= bytes.size() ? digits[group >> (18 - 6 * i) & 63] : '=';
    }
    return text;
}

std::optional<credentials> login_for(std::string_view host, bool is_users_own, std::vector<login> const& logins)
{
    auto const find = [&](std::string_view wanted) {
        return std::ranges::find_if(logins, [wanted](login const& each) { return to_lower(each.host) == wanted; });
    };
    auto found = find(host);
    if (found == logins.end() && is_users_own)
        found = find("");
    if (found == logins.end())
        return std::nullopt;
    return credentials{found->user, found->password};
}

} // namespace

bool is_sendable(header_field const& field) noexcept
{
    constexpr std::array<std::string_view, 12> ours{
        "accept-encoding",   "connection", "content-length", "expect", "host",
        "if-range",          "keep-alive", "range",          "te",     "trailer",
        "transfer-encoding", "upgrade"};
    auto const is_ours = [&field](std::string_view name) { return is_word(field.name, name); };
    auto const is_wrong = [](char c) { return is_control(c) && c != '\t'; };
    return is_token(field.name) && std::ranges::none_of(field.value, is_wrong) && std::ranges::none_of(ours, is_ours) &&
           !begins_with(field.name, "proxy-");
}

std::vector<header_field>
fields_for(url const& to, url const& origin, bool is_named_by_user, request_options const& options)
{
    auto const is_own = is_same_origin(to, origin);
    auto const is_users_own = is_own && is_named_by_user;
    auto name = is_own ? origin.userinfo() : std::nullopt;
    auto const login = login_for(to.where().host, is_users_own, options.logins);
    if (!name || (login && login->user == name->user && name->password.empty()))
        name = login;
    std::vector<header_field> fields;
    if (name)
        fields.push_back({"Authorization", "Basic " + to_base64(name->user + ':' + name->password)});
    if (is_users_own)
        replace(fields, options.headers);
    return fields;
}

void replace(std::vector<header_field>& fields, std::vector<header_field> more)
{
    std::erase_if(more, [](header_field const& each) { return !is_sendable(each); });
    std::erase_if(fields, [&more](header_field const& old) {
        return std::ranges::any_of(
            more, [name = to_lower(old.name)](header_field const& each) { return is_word(each.name, name); });
    });
    std::ranges::move(more, std::back_inserter(fields));
}

} // namespace webseed::http
