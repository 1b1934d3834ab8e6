#include "clashes.hpp"

#include "disk_name.hpp"
#include "fields.hpp"

#include <algorithm>
#include <compare>
#include <cstring>
#include <map>
#include <numeric>
#include <set>
#include <string>
#include <string_view>

namespace webseed::torrent {
namespace {

/// A hundred thousand clashes are not worth as many lines.
constexpr std::size_t told_count_max = 16;

/// How many bytes the two begin with alike. By eights, for paths of a torrent mostly begin alike.
std::size_t common_size(std::string_view a, std::string_view b) noexcept
{
    constexpr std::size_t step = 8;
    auto const size = std::min(a.size(), b.size());
    std::size_t at = 0;
    while (size - at >= step && std::memcmp(a.data() + at, b.data() + at, step) == 0)
        at += step;
    while (at != size && a[at] == b[at])
        ++at;
    return at;
}

/// Orders paths by their elements, so that a directory stands right before what lies in it.
std::strong_ordering compare(std::string_view a, std::string_view b) noexcept
{
    auto const alike = common_size(a, b);
    // What ends stands before a separator, and that before any other byte.
    auto const rank = [alike](std::string_view path) {
        if (alike == path.size())
            return 0;
        return path[alike] == '/' ? 1 : 2 + static_cast<unsigned char>(path[alike]);
    };
    return rank(a) <=> rank(b);
}

bool is_inside(std::string_view path, std::string_view directory) noexcept
{
    return path.size() > directory.size() && path[directory.size()] == '/' && path.starts_with(directory);
}

char to_lower(char c) noexcept
{
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c;
}

class resolution
{
public:
    resolution(file_list& list, std::vector<std::string>& warnings)
        : list_(list)
        , warnings_(warnings)
    {}

    error_code run(diagnostics* cause)
    {
        sort();
        bool has_clash = false;
        for (std::size_t i = 1; i < order_.size(); ++i)
        {
            auto const before = path_of(order_[i - 1]);
            auto const path = path_of(order_[i]);
            has_clash = has_clash || path == before || is_inside(path, before);
            if (path == before && raw_of(order_[i - 1]) == raw_of(order_[i]))
                return refuse(order_[i - 1], order_[i], cause);
        }
        if (has_clash)
            rename();
        warn_of_twins();
        return {};
    }

private:
    std::string_view path_of(std::uint32_t index) const { return list_.files[index].path; }

    /// Null: the same as on the disk.
    std::vector<std::string> const* find_raw(std::uint32_t index) const
    {
        return raws_.empty() ? nullptr : raws_[index];
    }
    std::vector<std::string> raw_of(std::uint32_t index) const
    {
        auto const raw = find_raw(index);
        return raw == nullptr ? std::vector<std::string>() : *raw;
    }

    void sort()
    {
        order_.resize(list_.files.size());
        std::iota(order_.begin(), order_.end(), 0u);
        std::erase_if(order_, [this](std::uint32_t index) { return list_.files[index].pad; });
        auto const by_path = [this](std::uint32_t a, std::uint32_t b) { return compare(path_of(a), path_of(b)) < 0; };
        if (list_.raw_paths.empty() && std::ranges::is_sorted(order_, by_path)) // as most torrents are
            return;
        raws_.resize(list_.files.size());
        for (auto const& [index, raw] : list_.raw_paths)
            raws_[index] = &raw;
        // Among equal paths equal raw ones stand together.
        std::ranges::sort(order_, [&](std::uint32_t a, std::uint32_t b) {
            if (auto const order = compare(path_of(a), path_of(b)); order != 0)
                return order < 0;
            auto const left = find_raw(a);
            auto const right = find_raw(b);
            if (left == nullptr || right == nullptr)
                return left == nullptr && (right != nullptr || a < b);
            return *left != *right ? *left < *right : a < b;
        });
    }

    error_code refuse(std::uint32_t first, std::uint32_t second, diagnostics* cause) const
    {
        auto const failed = complain(
            cause, errc::path_unsafe,
            "files " + std::to_string(first) + " and " + std::to_string(second) + " have the same path, " +
                std::string(path_of(second)));
        if (cause != nullptr)
            cause->file = file_index{second};
        return failed;
    }

    void rename()
    {
        std::set<std::string_view> taken; // no hash tables: whoever makes a torrent could fill a single bucket
        for (auto const index : order_)
        {
            auto const path = path_of(index);
            for (auto slash = path.find('/'); slash != path.npos; slash = path.find('/', slash + 1))
                taken.insert(path.substr(0, slash));
        }
        std::map<std::string, unsigned> numbers; // by the name with the number 0: long names may lose what differs
        std::size_t renamed_count = 0;
        std::ranges::sort(order_);
        for (auto const index : order_)
        {
            auto const path = path_of(index);
            if (taken.insert(path).second)
                continue;
            auto const name_begin = path.rfind('/') + 1; // 0 if there is no slash
            keep_raw(index);
            auto const numbered = [&](unsigned number) {
                return std::string(path.substr(0, name_begin)) + numbered_name(path.substr(name_begin), number);
            };
            auto& number = numbers[numbered(0)];
            std::string_view renamed;
            do
            {
                auto const other = numbered(++number);
                if (!taken.contains(other))
                    renamed = list_.paths.add(other);
            } while (renamed.empty());
            taken.insert(renamed);
            list_.files[index].path = renamed;
            if (++renamed_count <= told_count_max)
                warnings_.push_back(
                    "file " + std::to_string(index) + " is called " + std::string(renamed) + ": its place is taken");
        }
        if (renamed_count > told_count_max)
            warnings_.push_back("so are " + std::to_string(renamed_count - told_count_max) + " more");
    }

    void keep_raw(std::uint32_t index)
    {
        if (list_.raw_paths.contains(index))
            return;
        std::vector<std::string> elements;
        auto rest = path_of(index);
        rest.remove_prefix(list_.multi_file ? list_.root.size() + 1 : 0);
        while (!rest.empty())
        {
            auto const end = std::min(rest.find('/'), rest.size());
            elements.emplace_back(rest.substr(0, end));
            rest.remove_prefix(std::min(end + 1, rest.size()));
        }
        list_.raw_paths.emplace(index, std::move(elements));
    }

    void warn_of_twins()
    {
        std::vector<std::uint64_t> hashes;
        hashes.reserve(order_.size());
        for (auto const index : order_)
        {
            std::uint64_t hash = 0xcbf2'9ce4'8422'2325; // FNV-1a
            for (auto const c : path_of(index))
                hash = (hash ^ static_cast<unsigned char>(to_lower(c))) * 0x100'0000'01b3;
            hashes.push_back(hash);
        }
        std::ranges::sort(hashes);
        if (std::ranges::adjacent_find(hashes) != hashes.end())
            warnings_.emplace_back("some names differ by case alone: the disk must tell them apart");
    }

    file_list& list_;
    std::vector<std::string>& warnings_;
    std::vector<std::uint32_t> order_;                  // the files that are no pads
    std::vector<std::vector<std::string> const*> raws_; // of all files; empty: none differs from what is on the disk
};

} // namespace

error_code resolve_clashes(file_list& list, std::vector<std::string>& warnings, diagnostics* cause)
{
    return resolution(list, warnings).run(cause);
}

} // namespace webseed::torrent
