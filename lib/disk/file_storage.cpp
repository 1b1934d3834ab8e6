#include "file_storage.hpp"

#include "byte_ranges.hpp"
#include "change_mark.hpp"
#include "directory.hpp"
#include "file_cache.hpp"
#include "resume_keeper.hpp"
#include "torrent/layout.hpp"
#include "transfer.hpp"

#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <algorithm>
#include <atomic>
#include <mutex>
#include <optional>
#include <utility>

namespace webseed {
namespace {

namespace asio = boost::asio;
using torrent::file_slice;

/// Far below the usual limit of 1024 descriptors a process, far above the number of files written at once.
constexpr std::size_t open_file_count_max = 64;
/// Smaller files get their size from their last byte, which mostly comes soon: a call less for each.
constexpr std::uint64_t sized_first_min = 1u << 20;
/// More than so many are synced together, which may mean to wait for what others have written.
constexpr std::size_t lone_sync_max = 16;

error_code set_size(disk::descriptor const& file, std::uint64_t size)
{
    int const cut = disk::uninterrupted([&] { return file.calls().ftruncate(file.number(), size); });
    if (cut != 0)
        return disk::error_of(-cut);
    return {};
}

/// Whether fewer open files would help.
bool is_short_of_descriptors(error_code error)
{
    return error == disk::error_of(EMFILE) || error == disk::error_of(ENFILE);
}

class file_storage final : public storage
{
public:
    file_storage(
        metainfo torrent, std::filesystem::path directory, disk::file_calls& calls, file_storage_options options)
        : calls_(calls)
        , options_(std::move(options))
        , layout_(std::move(torrent))
        , target_(std::move(directory))
        , cache_(open_file_count_max)
        , stages_(layout_.torrent().files().size())
        , included_(layout_.torrent().files().size())
    {
        if (!options_.resume_file.empty() && !options_.read_only)
            keeper_.emplace(layout_, calls_, options_.resume_file);
    }

    asio::awaitable<boost::system::result<std::vector<byte_range>>> open(diagnostics& cause) override
    {
        co_return open_now(cause);
    }

    asio::awaitable<std::optional<known_content>> recall() override
    {
        if (!keeper_)
            co_return std::nullopt;
        co_return options_.recheck ? known_content() : keeper_->recall();
    }

    asio::awaitable<error_code> remember(known_content known) override
    {
        if (!keeper_)
            co_return error_code();
        diagnostics ignored;
        finish_sizes(ignored); // what changes later isn't remembered
        auto files = keeper_->unsafe(known);
        auto first_failure = sync_together(files);
        for (auto const file : files)
        {
            auto const failed = sync_alone(file);
            if (failed && !first_failure)
                first_failure = failed;
            co_await asio::post(asio::use_awaitable); // syncing takes long, and others have deadlines
        }
        auto const failed = keeper_->keep(std::move(known));
        co_return failed ? failed : first_failure;
    }

    asio::awaitable<error_code> read(std::uint64_t offset, std::span<std::byte> buffer) override
    {
        if (!layout_.contains({offset, buffer.size()}))
            co_return errc::internal;
        while (!buffer.empty())
        {
            auto const slice = layout_.slice_at(offset, buffer.size());
            if (auto const failed = read_slice(slice, buffer.first(slice.size)))
                co_return failed;
            offset += slice.size;
            buffer = buffer.subspan(slice.size);
        }
        co_return error_code{};
    }

    asio::awaitable<error_code> write(std::uint64_t offset, std::span<std::byte const> bytes) override
    {
        if (!layout_.contains({offset, bytes.size()}))
            co_return errc::internal;
        while (!bytes.empty())
        {
            auto const slice = layout_.slice_at(offset, bytes.size());
            if (auto const failed = write_slice(slice, bytes.first(slice.size)))
                co_return failed;
            offset += slice.size;
            bytes = bytes.subspan(slice.size);
        }
        co_return error_code{};
    }

    bool include(file_index file) noexcept override
    {
        return !layout_.torrent().is_wanted(file) && !included_[to_number(file)].exchange(true);
    }

    asio::awaitable<error_code> complete(diagnostics& cause) override { co_return complete_now(cause); }

    asio::awaitable<error_code> close(diagnostics& cause) override { co_return close_now(cause); }

private:
    /// How far a file has come in this session.
    enum class stage : std::uint8_t
    {
        untouched,
        /// Opened for writing; its size may be wrong.
        begun,
        /// As long as it has to be.
        sized,
    };

    /// One that the system could not keep.
    struct lost_file
    {
        file_index file{};
        error_code error;
    };

    file_entry const& entry_of(file_index file) const { return layout_.torrent().files()[to_number(file)]; }

    bool is_kept(file_index file) const { return layout_.torrent().is_wanted(file) || included_[to_number(file)]; }

    /// Makes a call; for as long as it lacks descriptors, again with fewer open files and directories.
    template <class Call>
    auto with_descriptors(Call const& call)
    {
        auto answer = call();
        auto const is_short = [&answer] { return !answer && is_short_of_descriptors(answer.error()); };
        while (is_short() && cache_.drop_unused())
            answer = call();
        if (is_short() && root_->close_visited())
            answer = call(); // once: it keeps the directory open that it needs
        return answer;
    }

    boost::system::result<std::vector<byte_range>> open_now(diagnostics& cause)
    {
        auto present = look_around(cause);
        if (!present)
            root_.reset();
        return present;
    }

    disk::access directory_access() const { return options_.read_only ? disk::access::read : disk::access::write; }

    static mode_t mode_of(file_entry const& file) { return file.executable ? 0777 : 0666; }

    boost::system::result<std::vector<byte_range>> look_around(diagnostics& cause)
    {
        auto root = disk::directory::open(calls_, target_, directory_access());
        bool const is_absent = !root && options_.read_only && root.error() == disk::error_of(ENOENT);
        if (!root && !is_absent)
        {
            cause.message = target_.string() + ": " + root.error().message();
            return root.error();
        }
        if (root)
            root_.emplace(std::move(*root));
        auto const& files = layout_.torrent().files();
        auto const first = std::ranges::find(files, false, &file_entry::pad);
        bool const is_fresh =
            is_absent || first == files.end() || !root_->contains(first->path.substr(0, first->path.find('/')));
        std::vector<byte_range> present;
        for (std::uint32_t i = 0; i != stages_.size(); ++i)
        {
            auto const index = file_index{i};
            auto const& file = entry_of(index);
            if (file.pad)
                disk::append(present, {file.offset, file.size});
            if (file.link || !layout_.torrent().is_wanted(index))
                continue;
            std::optional<std::uint64_t> size;
            if (!is_fresh)
            {
                auto const found = root_->status_of(file.path);
                if (!found)
                    return refuse(index, found.error(), cause);
                if (*found)
                    size = static_cast<std::uint64_t>((*found)->st_size);
                if (*found && keeper_)
                    keeper_->saw(index, **found);
                if (size > file.size)
                    overlong_.push_back(index);
            }
            if (size)
                disk::append(present, {file.offset, std::min(*size, file.size)});
            else if (file.size == 0 && !options_.read_only)
            {
                auto const made = root_->open_file(file.path, disk::access::write, mode_of(file));
                if (!made)
                    return refuse(index, made.error(), cause);
            }
        }
        return present;
    }

    error_code refuse(file_index file, error_code error, diagnostics& cause) const
    {
        cause.file = file;
        cause.message = (target_ / entry_of(file).path).string() + ": " + error.message();
        return error;
    }

    error_code cut(file_index file)
    {
        auto const opened = open_file(file, disk::access::write);
        if (!opened)
            return opened.error();
        disk::change_mark const mark(keeper_, file);
        return set_size((*opened)->file, entry_of(file).size);
    }

    error_code read_slice(file_slice slice, std::span<std::byte> buffer)
    {
        if (slice.pad)
        {
            std::ranges::fill(buffer, std::byte{});
            return {};
        }
        if (!is_kept(slice.file))
            return disk::error_of(ENOENT);
        auto const file = open_file(slice.file, disk::access::read);
        return file ? disk::read_all((*file)->file, slice.offset, buffer) : file.error();
    }

    error_code write_slice(file_slice slice, std::span<std::byte const> bytes)
    {
        if (slice.pad || !is_kept(slice.file))
            return {};
        if (options_.read_only)
            return disk::error_of(EROFS);
        auto const file = open_file(slice.file, disk::access::write);
        if (!file)
            return file.error();
        disk::change_mark const mark(keeper_, slice.file);
        if (auto const failed = prepare(slice.file, **file))
            return failed;
        if (auto const failed = disk::write_all((*file)->file, slice.offset, bytes))
            return failed;
        if (slice.offset + slice.size == entry_of(slice.file).size)
            stages_[to_number(slice.file)] = stage::sized;
        return {};
    }

    boost::system::result<disk::file_cache::handle> open_file(file_index file, disk::access wanted)
    {
        bool const for_writing = wanted == disk::access::write;
        if (auto opened = cache_.find(file, for_writing))
            return opened;
        if (!root_) // read only, and nothing there
            return disk::error_of(ENOENT);
        auto const& entry = entry_of(file);
        auto found = with_descriptors([&] { return root_->open_file(entry.path, wanted, mode_of(entry)); });
        if (!found)
            return found.error();
        if (for_writing && keeper_)
            keeper_->opened(file, found->status);
        auto const put_away = [this, file](disk::open_file* opened) { close_file(file, opened); };
        disk::file_cache::handle const opened(
            new disk::open_file{std::move(found->file), for_writing, found->size}, put_away);
        cache_.insert(file, opened);
        return opened;
    }

    /// Many files at once, with all that is in the file system: it costs as much as one file that is synced alone.
    /// @param files  left are those for which that was of no use.
    error_code sync_together(std::vector<file_index>& files)
    {
        if (files.size() <= lone_sync_max)
            return {};
        for (auto const file : files)
            keeper_->begin_sync(file);
        auto const device = root_->sync_file_system();
        if (!device && device.error() == disk::error_of(EOPNOTSUPP))
            return {};
        std::vector<file_index> left;
        for (auto const file : std::exchange(files, {}))
        {
            if (!device)
            {
                keeper_->lose(file);
                continue;
            }
            auto const status = root_->status_of(entry_of(file).path);
            if (!status || !*status || (*status)->st_dev != *device)
                left.push_back(file);
            else
                keeper_->end_sync(file, **status);
        }
        files = std::move(left);
        return device ? error_code() : device.error();
    }

    error_code sync_alone(file_index file)
    {
        auto const opened = open_file(file, disk::access::read);
        if (!opened)
            return opened.error();
        auto const number = (*opened)->file.number();
        keeper_->begin_sync(file);
        int const synced = disk::uninterrupted([&] { return calls_.fsync(number); });
        struct stat status;
        int const looked = synced == 0 ? disk::uninterrupted([&] { return calls_.fstat(number, status); }) : synced;
        if (looked == 0)
            keeper_->end_sync(file, status);
        else
            keeper_->lose(file);
        return looked == 0 ? error_code() : disk::error_of(-looked);
    }

    /// Only now do some file systems tell that they couldn't keep what was written, and what is closed late must not
    /// pass for kept. An interrupted close has closed.
    void close_file(file_index file, disk::open_file* opened) noexcept
    {
        int const closed = opened->file.close();
        if (opened->is_writable && closed != 0 && closed != -EINTR)
        {
            std::lock_guard const lock(lost_mutex_);
            if (!lost_)
                lost_ = {file, disk::error_of(-closed)};
        }
        delete opened;
    }

    /// About the first file that was lost, if there is one.
    error_code refuse_lost(diagnostics& cause)
    {
        std::lock_guard const lock(lost_mutex_);
        return lost_ ? refuse(lost_->file, lost_->error, cause) : error_code();
    }

    /// Before the first write: cuts a file that is too long, and gives a large one its full size, sparsely. Two workers
    /// may do so at once: both set the same size, and neither touches what lies within.
    error_code prepare(file_index index, disk::open_file const& file)
    {
        auto& stage_now = stages_[to_number(index)];
        if (stage_now == stage::sized)
            return {};
        auto first = stage::untouched;
        stage_now.compare_exchange_strong(first, stage::begun);
        auto const size = entry_of(index).size;
        if (file.size_when_opened < size && size < sized_first_min)
            return {};
        if (file.size_when_opened != size)
        {
            if (auto const failed = set_size(file.file, size))
                return failed;
        }
        stage_now = stage::sized;
        return {};
    }

    /// Those of which the end was never written.
    error_code finish_sizes(diagnostics& cause)
    {
        error_code first_failure;
        for (std::uint32_t i = 0; i < stages_.size(); ++i)
        {
            if (stages_[i] != stage::begun)
                continue;
            auto const failed = cut(file_index{i});
            if (!failed)
                stages_[i] = stage::sized;
            else if (!first_failure)
                first_failure = refuse(file_index{i}, failed, cause);
        }
        return first_failure;
    }

    /// Cuts what is too long, makes the links and the empty files that were selected late, and makes sure that nobody
    /// took away or cut meanwhile what we wrote.
    error_code complete_now(diagnostics& cause)
    {
        if (options_.read_only)
            return {};
        for (auto const file : overlong_)
            if (auto const failed = cut(file))
                return refuse(file, failed, cause);
        if (auto const failed = finish_sizes(cause))
            return failed;
        for (std::uint32_t i = 0; i < stages_.size(); ++i)
        {
            auto const index = file_index{i};
            if (included_[i] && entry_of(index).size == 0 && !entry_of(index).link)
                if (auto const failed = cut(index))
                    return refuse(index, failed, cause);
            if (stages_[i] == stage::untouched)
                continue;
            auto const size = with_descriptors([&] { return root_->size_of(entry_of(index).path); });
            if (!size)
                return refuse(index, size.error(), cause);
            if (*size != entry_of(index).size)
            {
                refuse(index, errc::storage_failed, cause);
                cause.message += ": somebody changed it meanwhile";
                return errc::storage_failed;
            }
        }
        if (auto const failed = make_links(cause))
            return failed;
        return refuse_lost(cause);
    }

    error_code make_links(diagnostics& cause)
    {
        auto const& torrent = layout_.torrent();
        for (std::uint32_t i = 0; options_.make_links && i < stages_.size(); ++i)
        {
            auto const index = file_index{i};
            auto const target = torrent.link_target(index);
            if (target.empty() || !torrent.is_wanted(index))
                continue;
            if (auto const failed = root_->make_link(entry_of(index).path, target))
                return refuse(index, failed, cause);
        }
        return {};
    }

    error_code close_now(diagnostics& cause)
    {
        auto const first_failure = finish_sizes(cause);
        cache_.clear();
        root_.reset();
        return first_failure ? first_failure : refuse_lost(cause);
    }

    disk::file_calls& calls_;
    file_storage_options const options_;
    torrent::layout const layout_;
    std::filesystem::path const target_;
    std::optional<disk::resume_keeper> keeper_;
    std::optional<disk::directory> root_;
    std::mutex lost_mutex_;
    std::optional<lost_file> lost_;
    disk::file_cache cache_; // closes its files, so it goes before what they leave their failures in
    std::vector<std::atomic<stage>> stages_;
    std::vector<std::atomic<bool>> included_; // though it isn't wanted
    std::vector<file_index> overlong_;        // when opened
};

} // namespace

std::unique_ptr<storage>
make_file_storage(metainfo torrent, std::filesystem::path directory, file_storage_options options)
{
    return disk::make_file_storage(
        std::move(torrent), std::move(directory), disk::system_file_calls(), std::move(options));
}

std::unique_ptr<storage> disk::make_file_storage(
    metainfo torrent, std::filesystem::path directory, disk::file_calls& calls, file_storage_options options)
{
    return std::make_unique<file_storage>(std::move(torrent), std::move(directory), calls, std::move(options));
}

} // namespace webseed
