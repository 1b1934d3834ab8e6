#include "sim/platter.hpp"

#include "disk/file_storage.hpp"

#include <algorithm>
#include <cerrno>

namespace webseed::test::sim {

namespace {

constexpr char const* root = "downloads";

std::string path_of(file_entry const& file)
{
    return std::string(root) + '/' + std::string(file.path);
}

} // namespace

platter::platter(site const& content, scenario const& what)
{
    auto const& stored = what.disk.stored;
    if (stored.empty())
        return;
    auto bytes = content.content;
    std::size_t there = 0; // up to here
    for (std::size_t i = 0; i < stored.size() && i * what.piece_length < bytes.size(); ++i)
    {
        auto const at = i * what.piece_length;
        auto const size = std::min<std::size_t>(what.piece_length, bytes.size() - at);
        if (stored[i] != '.')
            there = at + size;
        if (stored[i] != 'r')
            bytes.replace(at, size, size, stored[i] == 'w' ? '!' : '\0');
    }
    for (auto const& file : content.torrent.files())
    {
        if (file.pad || file.offset >= there)
            continue;
        auto const stored_part = bytes.substr(file.offset, std::min(file.size, there - file.offset));
        disk_.make_file(path_of(file), stored_part);
        if (!content.is_wanted(file))
            unwanted_[path_of(file)] = stored_part;
    }
    disk_.settle();
}

void platter::start(disk_manner const& manner, interference const& how, std::function<void(std::string)> note)
{
    using kind = interference::kind;
    calls_ = 0;
    has_failed_ = false;
    auto fail_at = manner.fail_at;
    auto error = manner.error;
    auto for_ever = manner.fails_for_ever;
    if (how.what == kind::fail_file_call || how.what == kind::fail_file_calls)
    {
        fail_at = how.at;
        error = how.error;
        for_ever = how.what == kind::fail_file_calls;
    }
    auto hook = [this, fail_at, error, for_ever, short_percent = manner.short_percent, chance = dice(fail_at),
                 note = std::move(note)](disk_call const& call) mutable {
        test::interference made;
        ++calls_;
        auto const fails = fail_at != 0 && (calls_ == fail_at || (for_ever && calls_ > fail_at));
        if (fails && (error != EINTR || !for_ever || calls_ % 2 == fail_at % 2))
        {
            made.error = error;
            has_failed_ = has_failed_ || error != EINTR;
            note("file call " + std::to_string(call.number) + " fails: " + call.path);
            return made;
        }
        auto const is_transfer = call.kind == call_kind::pread || call.kind == call_kind::pwrite;
        if (is_transfer && call.size > 1 && chance.chance(short_percent))
            made.size_max = call.size / 2;
        else if (call.kind != call_kind::close && chance.chance(short_percent))
            made.error = EINTR;
        return made;
    };
    disk_.interfere(std::move(hook));
    disk_limits limits;
    if (manner.room != 0)
        limits.capacity = manner.room;
    disk_.limit(limits);
    has_failed_ = manner.room != 0; // sooner or later
}

std::unique_ptr<storage> platter::make_storage(metainfo const& torrent, bool remembers)
{
    file_storage_options options;
    if (remembers)
        options.resume_file = "state/resume";
    return disk::make_file_storage(torrent, root, disk_, std::move(options));
}

std::optional<std::string> platter::content_of(file_entry const& file) const
{
    return disk_.content_of(path_of(file));
}

bool platter::is_untouched(file_entry const& file) const
{
    if (is_touchable(file))
        return true;
    auto const before = unwanted_.find(path_of(file));
    auto const now = content_of(file);
    return before == unwanted_.end() ? !now : now == before->second;
}

bool platter::holds(site const& content, file_entry const& file, std::uint64_t offset, std::uint64_t size) const
{
    auto const stored = content_of(file);
    return stored && stored->size() >= offset + size &&
           stored->compare(offset, size, content.content, file.offset + offset, size) == 0;
}

bool platter::is_right(site const& content, byte_range range) const
{
    for (auto const& file : content.torrent.files())
    {
        auto const first = std::max(range.offset, file.offset);
        auto const last = std::min(range.end(), file.offset + file.size);
        if (first >= last || !content.is_wanted(file))
            continue;
        if (!holds(content, file, first - file.offset, last - first))
            return false;
    }
    return true;
}

} // namespace webseed::test::sim
