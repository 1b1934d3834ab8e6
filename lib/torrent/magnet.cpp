// Magnet links (BEP 9, BEP 53, and what is met):
//
//   link    = "magnet:" [ "//" [ "/" ] ] "?" pair *( "&" pair )  /  hash
//   pair    = key [ "." number ] "=" value       ; the number only tells repeated keys apart; keys have no case
//   value   = *( byte / "%" 2HEXDIG )
//   xt      = "urn:btih:" v1  /  "urn:btmh:1220" 64HEXDIG  /  another URN
//   v1      = 40HEXDIG / 32BASE32DIGIT
//   hash    = v1 / 64HEXDIG
//   so      = member *( "," member )             ; members that are none of these are skipped
//   member  = index  /  index "-" index          ; both ends are meant
#include <webseed/magnet.hpp>

#include <algorithm>
#include <charconv>
#include <limits>
#include <span>

namespace webseed {

namespace {

// A link of thousands of bad parameters is not worth thousands of lines.
constexpr std::size_t warning_count_max = 64;

char to_lower(char c)
{
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

/// @param wanted  in lower-case letters.
bool starts_with_ignoring_case(std::string_view text, std::string_view wanted)
{
    auto const same = [](char small, char c) { return small == to_lower(c); };
    return text.size() >= wanted.size() && std::equal(wanted.begin(), wanted.end(), text.begin(), same);
}

// -1: no digit.
int hex_value(char c)
{
    auto const small = to_lower(c);
    if (small >= '0' && small <= '9')
        return small - '0';
    return small >= 'a' && small <= 'f' ? small - 'a' + 10 : -1;
}

int base32_value(char c)
{
    auto const small = to_lower(c);
    if (small >= 'a' && small <= 'z')
        return small - 'a';
    return small >= '2' && small <= '7' ? small - '2' + 26 : -1;
}

// Nothing unless there are as many digits, of so many bits each, as fill the bytes.
template <class Hash>
std::optional<Hash> decode(std::string_view digits, unsigned bits_per_digit, int (*value_of)(char))
{
    Hash hash{};
    if (digits.size() * bits_per_digit != hash.size() * 8)
        return std::nullopt;
    unsigned bits = 0;
    unsigned count = 0;
    auto at = hash.begin();
    for (auto const digit : digits)
    {
        auto const value = value_of(digit);
        if (value < 0)
            return std::nullopt;
        bits = (bits << bits_per_digit | static_cast<unsigned>(value)) & 0xffff;
        count += bits_per_digit;
        if (count < 8)
            continue;
        count -= 8;
        *at++ = static_cast<std::byte>(bits >> count & 0xff);
    }
    return hash;
}

std::optional<sha1_hash> decode_v1(std::string_view digits)
{
    if (auto const hash = decode<sha1_hash>(digits, 4, hex_value))
        return hash;
    return decode<sha1_hash>(digits, 5, base32_value);
}

std::optional<sha256_hash> decode_v2(std::string_view digits)
{
    return decode<sha256_hash>(digits, 4, hex_value);
}

// Nothing if a '%' begins no escape.
std::optional<std::string> unescaped(std::string_view text)
{
    std::string plain;
    plain.reserve(text.size());
    for (std::size_t i = 0; i != text.size(); ++i)
    {
        if (text[i] != '%')
        {
            plain += text[i];
            continue;
        }
        if (text.size() - i < 3 || hex_value(text[i + 1]) < 0 || hex_value(text[i + 2]) < 0)
            return std::nullopt;
        plain += static_cast<char>(hex_value(text[i + 1]) << 4 | hex_value(text[i + 2]));
        i += 2;
    }
    return plain;
}

// Decimal digits and nothing else, `most` at the most.
std::optional<std::uint64_t> number_of(std::string_view text, std::uint64_t most)
{
    std::uint64_t number = 0;
    auto const [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (text.empty() || error != std::errc() || end != text.data() + text.size() || number > most)
        return std::nullopt;
    return number;
}

// Up to the delimiter, which is dropped, or to the end.
std::string_view take_until(std::string_view& rest, char delimiter)
{
    auto const end = std::min(rest.find(delimiter), rest.size());
    auto const taken = rest.substr(0, end);
    rest.remove_prefix(std::min(end + 1, rest.size()));
    return taken;
}

// The key as we know it: in lower case, without the number behind it.
std::string plain_key(std::string_view key)
{
    auto const dot = key.rfind('.');
    auto const digits = dot == key.npos ? std::string_view() : key.substr(dot + 1);
    if (!digits.empty() && std::ranges::all_of(digits, [](char c) { return c >= '0' && c <= '9'; }))
        key = key.substr(0, dot);
    std::string plain(key);
    std::ranges::transform(plain, plain.begin(), to_lower);
    return plain;
}

bool is_control(char c)
{
    return static_cast<unsigned char>(c) < 0x20 || c == 0x7f;
}

bool has_scheme(std::string_view url)
{
    auto const scheme = url.substr(0, std::min(url.find(':'), url.size()));
    auto const is_letter = [](char c) { return to_lower(c) >= 'a' && to_lower(c) <= 'z'; };
    auto const may_follow = [&](char c) {
        return is_letter(c) || (c >= '0' && c <= '9') || c == '+' || c == '-' || c == '.';
    };
    return scheme.size() != url.size() && !scheme.empty() && is_letter(scheme.front()) &&
           std::ranges::all_of(scheme, may_follow);
}

// Sorted, those that touch made one.
std::vector<file_range> united(std::vector<file_range> ranges)
{
    std::ranges::sort(ranges, {}, &file_range::first);
    std::vector<file_range> made;
    for (auto const range : ranges)
    {
        if (!made.empty() && range.first <= made.back().end)
            made.back().end = std::max(made.back().end, range.end);
        else
            made.push_back(range);
    }
    return made;
}

// Reads one link. Its functions return what is wrong; null: nothing.
class reader
{
public:
    explicit reader(magnet_limits const& limits)
        : limits_(limits)
    {}

    char const* read(std::string_view text);

    /// What is being read, for people.
    std::string const& place() const noexcept { return place_; }
    magnet_link take() { return std::move(link_); }

private:
    char const* read_pair(std::string_view pair);
    char const* read_xt(std::string_view value);
    char const* read_url(std::vector<std::string>& urls, std::size_t count_max, std::string_view value);
    char const* read_size(std::string_view value);
    void read_selection(std::string_view value);
    void warn(char const* what);

    magnet_limits const& limits_;
    magnet_link link_;
    std::string place_;
    std::size_t warning_count_ = 0;
};

char const* reader::read(std::string_view text)
{
    constexpr std::string_view scheme = "magnet:";
    if (text.size() > limits_.size_max)
        return "is too long";
    link_.infohash_v1 = decode_v1(text);
    link_.infohash_v2 = decode_v2(text);
    if (link_.infohash_v1 || link_.infohash_v2)
        return nullptr;
    if (!starts_with_ignoring_case(text, scheme))
        return "doesn't begin with \"magnet:?\", and is no info-hash";
    auto rest = text.substr(scheme.size());
    auto const front = take_until(rest, '?');
    if (!front.empty() && front != "//" && front != "///")
        return "doesn't begin with \"magnet:?\"";
    for (auto number = 1; !rest.empty(); ++number)
    {
        auto const pair = take_until(rest, '&');
        place_ = "parameter " + std::to_string(number);
        if (auto const fault = read_pair(pair))
            return fault;
    }
    place_.clear();
    link_.selection = united(std::move(link_.selection));
    if (!link_.infohash_v1 && !link_.infohash_v2)
        return "has no info-hash of BitTorrent (xt=urn:btih:... or xt=urn:btmh:...)";
    return nullptr;
}

char const* reader::read_pair(std::string_view pair)
{
    auto raw = pair;
    auto const key = plain_key(take_until(raw, '='));
    // Others drop such a pair, too; URLs do have a '=' in them.
    if (raw.empty() || (key == "xt" && raw.find('=') != raw.npos))
        return nullptr;
    if (key != "xt" && key != "dn" && key != "ws" && key != "xs" && key != "as" && key != "so" && key != "xl")
        return nullptr;
    place_ += " (" + key + ")";
    std::string spaced(raw);
    if (key == "dn")
        std::ranges::replace(spaced, '+', ' ');
    auto value = unescaped(spaced);
    if (!value && key != "dn")
        return "a '%' in it begins no escape";
    if (key == "dn")
    {
        if (link_.name.empty())
            link_.name = value ? std::move(*value) : spaced;
        return nullptr;
    }
    if (key == "xt")
        return read_xt(*value);
    if (key == "xl")
        return read_size(*value);
    if (key == "ws")
        return read_url(link_.web_seeds, limits_.seed_count_max, *value);
    if (key == "xs")
        return read_url(link_.exact_sources, limits_.source_count_max, *value);
    if (key == "as")
        return read_url(link_.acceptable_sources, limits_.source_count_max, *value);
    read_selection(*value);
    return nullptr;
}

char const* reader::read_xt(std::string_view value)
{
    constexpr std::string_view v1 = "urn:btih:";
    constexpr std::string_view v2 = "urn:btmh:";
    constexpr std::string_view sha256_multihash = "1220"; // the function's code, and 32 bytes
    if (starts_with_ignoring_case(value, v1))
    {
        auto const hash = decode_v1(value.substr(v1.size()));
        if (!hash)
            return "the v1 info-hash is neither 40 hexadecimal nor 32 base32 digits";
        if (link_.infohash_v1 && link_.infohash_v1 != hash)
            return "a second v1 info-hash, which differs from the first";
        link_.infohash_v1 = hash;
    }
    else if (starts_with_ignoring_case(value, v2))
    {
        auto const digits = value.substr(v2.size());
        auto const hash = decode_v2(digits.substr(std::min(sha256_multihash.size(), digits.size())));
        if (!digits.starts_with(sha256_multihash) || !hash)
            return "the v2 info-hash is not 1220 and 64 hexadecimal digits";
        if (link_.infohash_v2 && link_.infohash_v2 != hash)
            return "a second v2 info-hash, which differs from the first";
        link_.infohash_v2 = hash;
    }
    return nullptr;
}

// Paths and other schemes mean something to others; what can't be either is damaged.
char const* reader::read_url(std::vector<std::string>& urls, std::size_t count_max, std::string_view value)
{
    if (!value.starts_with('/') && !has_scheme(value))
        return "neither a URL nor a path";
    if (!starts_with_ignoring_case(value, "http://") && !starts_with_ignoring_case(value, "https://"))
        warn("is no http or https URL");
    else if (value.size() > limits_.url_size_max)
        warn("is too long");
    else if (std::ranges::any_of(value, is_control))
        warn("has control bytes");
    else if (std::ranges::find(urls, value) != urls.end())
        return nullptr;
    else if (urls.size() == count_max)
        warn("is one too many");
    else
        urls.emplace_back(value);
    return nullptr;
}

char const* reader::read_size(std::string_view value)
{
    auto const size = number_of(value, std::numeric_limits<std::int64_t>::max());
    if (!size)
        return "the length is no number";
    if (!link_.size)
        link_.size = size;
    return nullptr;
}

void reader::read_selection(std::string_view value)
{
    auto const most = limits_.file_count_max;
    while (!value.empty())
    {
        auto member = take_until(value, ',');
        auto const is_range = member.find('-') != member.npos;
        auto const first = number_of(take_until(member, '-'), most);
        auto const last = is_range ? number_of(member, most) : first;
        if (first && last && *first <= *last && *last < most)
            link_.selection.push_back({static_cast<std::uint32_t>(*first), static_cast<std::uint32_t>(*last + 1)});
        else
            warn("has a member that names no file");
    }
}

void reader::warn(char const* what)
{
    if (++warning_count_ > warning_count_max)
        return;
    auto const line = place_ + " " + what + ", left out";
    link_.warnings.push_back(warning_count_ < warning_count_max ? line : line + ", like others behind it");
}

} // namespace

boost::system::result<magnet_link>
magnet_link::parse(std::string_view text, magnet_limits const& limits, diagnostics* cause)
{
    reader link(limits);
    if (auto const fault = link.read(text))
    {
        if (cause)
            cause->message = "the magnet link" + (link.place().empty() ? " " : ", " + link.place() + ": ") + fault;
        return error_code(errc::magnet_invalid);
    }
    return link.take();
}

} // namespace webseed
