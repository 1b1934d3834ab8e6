#include "url_list.hpp"

#include "fields.hpp"

#include <algorithm>
#include <string_view>
#include <unordered_set>

namespace webseed::torrent {
namespace {

/// A list of a million bad URLs is not worth a million lines.
constexpr std::size_t warning_count_max = 64;

std::string_view trim(std::string_view text)
{
    constexpr std::string_view white = " \t\r\n\v\f";
    auto const first = text.find_first_not_of(white);
    if (first == text.npos)
        return {};
    return text.substr(first, text.find_last_not_of(white) - first + 1);
}

/// @param wanted  in lower-case letters.
bool starts_with_ignoring_case(std::string_view text, std::string_view wanted)
{
    auto const same = [](char small, char letter) {
        return small == (letter >= 'A' && letter <= 'Z' ? letter - 'A' + 'a' : letter);
    };
    return text.size() >= wanted.size() && std::equal(wanted.begin(), wanted.end(), text.begin(), same);
}

bool is_control(char byte)
{
    return static_cast<unsigned char>(byte) < 0x20 || byte == 0x7f;
}

/// Why the URL can't be used; null if it can.
char const* fault_of(std::string_view url, std::size_t size_max)
{
    if (url.empty())
        return "is empty";
    if (url.size() > size_max)
        return "is too long";
    if (!starts_with_ignoring_case(url, "http://") && !starts_with_ignoring_case(url, "https://"))
        return "is no http or https URL";
    if (std::any_of(url.begin(), url.end(), is_control))
        return "has control bytes";
    return nullptr;
}

class reader
{
public:
    reader(std::string_view key, metainfo_limits const& limits, std::vector<std::string>& warnings)
        : key_(key)
        , limits_(limits)
        , warnings_(warnings)
    {}

    /// False once there is no room for another URL.
    bool read(bencode::value item)
    {
        if (urls_.size() == limits_.seed_count_max)
        {
            warn(item, "and all behind it are left out, the list is too long");
            return false;
        }
        auto const url = item.is(bencode::kind::string) ? trim(item.string()) : std::string_view{};
        if (auto const fault = fault_of(url, limits_.seed_url_size_max))
            warn(item, std::string(fault) + ", left out");
        else if (known_.insert(url).second)
            urls_.emplace_back(url);
        return true;
    }

    std::vector<std::string> take() { return std::move(urls_); }

private:
    void warn(bencode::value item, std::string_view what)
    {
        if (++warning_count_ > warning_count_max)
            return;
        auto const line = place(std::string(key_) + " entry", item) + " " + std::string(what);
        warnings_.push_back(warning_count_ < warning_count_max ? line : line + ", like others behind it");
    }

    std::string_view key_;
    metainfo_limits const& limits_;
    std::vector<std::string>& warnings_;
    std::size_t warning_count_ = 0;
    std::unordered_set<std::string_view> known_;
    std::vector<std::string> urls_;
};

} // namespace

std::vector<std::string> read_url_list(
    std::string_view key, bencode::value value, metainfo_limits const& limits, std::vector<std::string>& warnings)
{
    reader urls(key, limits, warnings);
    if (value.is(bencode::kind::list))
    {
        for (auto item = value.first(); item; item = item.next())
        {
            if (!urls.read(item))
                break;
        }
    }
    else if (value)
    {
        urls.read(value);
    }
    return urls.take();
}

} // namespace webseed::torrent
