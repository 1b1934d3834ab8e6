#include "v2_files.hpp"

#include "disk_name.hpp"
#include "fields.hpp"
#include "file_attributes.hpp"

#include <algorithm>

namespace webseed::torrent {
namespace {

using bencode::kind;
using bencode::value;

constexpr std::size_t root_size = sizeof(sha256_hash);
/// What the paths of all files may take in memory, as a multiple of the bytes of `info`, of which honest torrents need
/// a few; and in any case, as a multiple of what a document may have.
constexpr std::uint64_t path_factor_max = 24;
constexpr std::uint64_t path_factor_end = 4;
constexpr std::uint64_t path_room_min = 65536;
/// Of an element as the torrent has it: a server would hardly take a longer one.
constexpr std::size_t name_size_max = 4096;

/// Whether the dictionary stands for a file: its only key is empty, which is the first of all.
bool is_file(value entry)
{
    return entry.size() == 1 && entry.first().key().empty();
}

class reader
{
public:
    reader(v2_reading const& how, file_list& list, std::vector<std::string_view>& roots)
        : how_(how)
        , list_(list)
        , builder_(list)
        , roots_(roots)
    {}

    error_code read(value info)
    {
        fields const keys(info, "info", how_.cause);
        auto const tree = keys.require("file tree", kind::dictionary);
        if (!tree)
            return tree.error();
        if (tree->size() == 0)
            return keys.refuse(errc::torrent_invalid, "file tree", "is empty");
        if (!how_.is_hybrid)
            list_.multi_file = tree->size() > 1 || !is_file(tree->first());
        room_ =
            path_room_min + std::min(path_factor_max * info.encoded().size(), path_factor_end * how_.limits.size_max);
        levels_.push_back(tree->first());
        while (!levels_.empty())
        {
            auto const entry = levels_.back();
            if (!entry)
            {
                leave();
                continue;
            }
            if (auto const failed = visit(entry))
                return failed;
        }
        return {};
    }

private:
    /// One entry of a directory; then the next one is due, or its own first.
    error_code visit(value entry)
    {
        elements_.push_back(entry.key());
        names_.push_back(disk_name(entry.key()));
        if (entry.key().empty())
            return refuse(entry, errc::torrent_invalid, "a file and a directory in one");
        if (!entry.is(kind::dictionary))
            return refuse(entry, errc::torrent_invalid, "is neither a file nor a directory");
        if (elements_.size() >= how_.limits.path_depth_max)
            return refuse(entry, errc::torrent_invalid, "is deeper than allowed");
        if (is_traversal(entry.key()))
            return refuse(entry, errc::path_unsafe, "leads out of the target directory");
        if (entry.key().size() > name_size_max)
            return refuse(entry, errc::path_unsafe, "has a name longer than 4096 bytes");
        if (!is_file(entry))
        {
            levels_.push_back(entry.first());
            return {};
        }
        if (auto const failed = read_file(entry.first()))
            return failed;
        forget_name();
        levels_.back() = entry.next();
        return {};
    }

    void leave()
    {
        levels_.pop_back();
        if (levels_.empty())
            return;
        forget_name();
        levels_.back() = levels_.back().next();
    }

    void forget_name()
    {
        elements_.pop_back();
        names_.pop_back();
    }

    error_code read_file(value entry)
    {
        if (list_.files.size() == how_.limits.file_count_max)
            return refuse(entry, errc::torrent_invalid, "more files than allowed");
        if (!entry.is(kind::dictionary))
            return refuse(entry, errc::torrent_invalid, "is not a dictionary");
        if (!take_room())
            return complain(
                how_.cause, errc::torrent_invalid,
                place("info.file tree", entry) + ": the paths of all files are longer than allowed");
        auto const name = name_of_entry();
        fields const keys(entry, name, how_.cause);
        file_entry file;
        if (auto const failed = read_attributes(keys, file))
            return failed;
        if (file.pad)
            return keys.refuse(errc::torrent_invalid, "attr", "is that of padding, which v2 has none of");
        if (auto const failed = read_content(keys, file))
            return failed;
        builder_.set_path(file, elements_, names_);
        if (!list_.multi_file)
            list_.root = file.path;
        if (file.link)
        {
            auto target = read_link_target(keys, how_.limits);
            if (!target)
                return target.error();
            list_.link_targets.emplace(static_cast<std::uint32_t>(list_.files.size()), std::move(*target));
        }
        auto const fits = (file.size == 0 || builder_.align(how_.piece_length)) && builder_.append(file);
        if (!fits)
            return keys.refuse(errc::torrent_invalid, "length", "with the files before it is beyond 63 bits");
        return {};
    }

    error_code read_content(fields const& keys, file_entry& file)
    {
        auto const length = file.link ? keys.find("length", kind::integer) : keys.require("length", kind::integer);
        if (!length)
            return length.error();
        auto const size = *length ? length->integer() : 0;
        if (size < 0)
            return keys.refuse(errc::torrent_invalid, "length", "is negative");
        if (file.link && size != 0)
            return keys.refuse(errc::torrent_invalid, "length", "is not 0, but the file is a symbolic link");
        file.size = static_cast<std::uint64_t>(size);
        auto const root = file.size > 0 ? keys.require("pieces root", kind::string) : value();
        if (!root)
            return root.error();
        auto const hash = *root ? root->string() : std::string_view();
        if (*root && hash.size() != root_size)
            return keys.refuse(errc::torrent_invalid, "pieces root", "is not 32 bytes");
        if (*root && std::ranges::all_of(hash, [](char c) { return c == 0; }))
            return keys.refuse(errc::torrent_invalid, "pieces root", "is all zeros");
        roots_.push_back(hash);
        return {};
    }

    /// The tree names a directory once, but each path that leads through it has its name: in a deep one a small
    /// document could ask for more than there is.
    bool take_room()
    {
        std::uint64_t needed = 0;
        for (std::size_t i = 0; i != elements_.size(); ++i)
        {
            needed += names_[i].size() + 1;
            if (names_[i] != elements_[i]) // then the path is kept raw, too
                needed += elements_[i].size() + elements_.size() * sizeof(std::string);
        }
        room_ -= std::min(room_, needed);
        return room_ != 0;
    }

    std::string name_of_entry() const
    {
        std::string name = "info.file tree";
        for (auto const& element : names_)
            name.append("/").append(element);
        return name;
    }

    error_code refuse(value where, errc code, std::string_view what) const
    {
        return complain(how_.cause, code, place(name_of_entry(), where) + ": " + std::string(what));
    }

    v2_reading const& how_;
    file_list& list_;
    file_list_builder builder_;
    std::vector<std::string_view>& roots_;
    std::vector<value> levels_; // what to visit next in each directory on the way; none: its end
    std::vector<std::string_view> elements_;
    std::vector<std::string> names_; // the same for complaints
    std::uint64_t room_ = 0;         // for paths, as take_room() counts
};

std::string described(file_list const& list, std::size_t index)
{
    if (index == list.files.size())
        return "nothing";
    auto const& file = list.files[index];
    return std::string(file.path) + " of " + std::to_string(file.size) + " bytes at " + std::to_string(file.offset);
}

bool agree(file_list const& v1, std::uint32_t first, file_list const& v2, std::uint32_t second)
{
    auto const raw_of = [](file_list const& list, std::uint32_t index) {
        auto const found = list.raw_paths.find(index);
        return found == list.raw_paths.end() ? nullptr : &found->second;
    };
    auto const& a = v1.files[first];
    auto const& b = v2.files[second];
    auto const left = raw_of(v1, first);
    auto const right = raw_of(v2, second);
    auto const same_name =
        a.path == b.path && (left == nullptr) == (right == nullptr) && (left == nullptr || *left == *right);
    auto const same_place = a.size == b.size && (a.size == 0 || a.offset == b.offset);
    if (!same_name || !same_place || a.link != b.link)
        return false;
    return !a.link || v1.link_targets.at(first) == v2.link_targets.at(second);
}

} // namespace

error_code
read_v2_files(bencode::value info, v2_reading const& how, file_list& list, std::vector<std::string_view>& roots)
{
    return reader(how, list, roots).read(info);
}

error_code check_agreement(file_list const& v1, file_list const& v2, diagnostics* cause)
{
    std::uint32_t at = 0;
    std::uint32_t second = 0;
    for (; at != v1.files.size(); ++at)
    {
        if (v1.files[at].pad)
            continue;
        if (second == v2.files.size() || !agree(v1, at, v2, second))
            break;
        ++second;
    }
    if (at == v1.files.size() && second == v2.files.size())
        return {};
    return complain(
        cause, errc::torrent_invalid,
        "the torrent contradicts itself: v1 has " + described(v1, at) + " where v2 has " + described(v2, second));
}

} // namespace webseed::torrent
