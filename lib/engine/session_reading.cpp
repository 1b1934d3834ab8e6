// What readers ask of a session, and what is selected while it runs.
#include "engine/reading.hpp"
#include "engine/session.hpp"

#include <boost/asio/error.hpp>
#include <boost/asio/post.hpp>

#include <algorithm>
#include <utility>

namespace webseed::core {

namespace asio = boost::asio;

reader_place session::place_of(file_index file, reader_options const& options)
{
    auto const& entry = layout_.torrent().files()[to_number(file)];
    reader_place place;
    place.reader = readers_opened_++;
    place.file = file;
    place.range = {entry.offset, entry.size};
    place.ahead_end = entry.offset + std::min(entry.size, options.read_ahead_end);
    place.ahead.least = options.read_ahead_min;
    place.ahead.most = options.read_ahead_max;
    return place;
}

std::shared_ptr<read_request> session::read(reader_place const& by, byte_range range)
{
    auto made = std::make_shared<read_request>(front(), shared_.crew->next_serial(), by, range);
    std::unique_lock lock(reads_mutex_);
    if (!reads_over_)
    {
        reads_.push_back(made);
        asio::post(home_, [self = shared_from_this()] { self->take_reads(); });
        return made;
    }
    lock.unlock();
    made->finish(error_of_late_reads());
    return made;
}

void session::close_reader(std::uint64_t reader)
{
    std::vector<std::shared_ptr<read_request>> closed;
    std::unique_lock lock(reads_mutex_);
    std::erase_if(reads_, [&](auto const& each) {
        auto const is_its = each->place.reader == reader;
        if (is_its)
            closed.push_back(each);
        return is_its;
    });
    if (!reads_over_)
        asio::post(home_, [self = shared_from_this(), reader] {
            self->state_.post([self, reader](download_state& state) { state.close_reader(reader); });
        });
    lock.unlock();
    for (auto const& each : closed)
        each->finish(asio::error::operation_aborted);
}

void session::set_wanted(file_index file, bool is_wanted)
{
    std::lock_guard const lock(reads_mutex_);
    if (reads_over_)
        return;
    asio::post(home_, [self = shared_from_this(), file, is_wanted] {
        self->selections_.emplace_back(file, is_wanted);
        self->take_reads();
    });
}

// Keeps the session from ending, whoever is left to do something, until nothing will be to do.
asio::awaitable<void> session::stay(std::shared_ptr<requester_link> link)
{
    auto begin = [link](download_state& state) {
        state.stay(link);
        return true;
    };
    co_await state_.with(begin);
    co_await link->waker().wait(*shared_.time, time_point::max());
}

// At home. Not before the seeds are known: nobody could be asked for anything, and that would be the end.
void session::take_reads()
{
    if (!are_seeds_known_ || stage_ != stage::working)
        return;
    for (auto const& each : std::exchange(selections_, {}))
        state_.post(
            [self = shared_from_this(), each](download_state& state) { state.set_wanted(each.first, each.second); });
    std::vector<std::shared_ptr<read_request>> taken;
    {
        std::lock_guard const lock(reads_mutex_);
        taken = std::exchange(reads_, {});
    }
    for (auto const& each : taken)
        group_.spawn(each->worker(), serve_read(parts_, each), each->waker().slot());
}

// Those that came too late to be served.
void session::end_reads()
{
    std::vector<std::shared_ptr<read_request>> late;
    {
        std::lock_guard const lock(reads_mutex_);
        reads_over_ = true;
        late = std::exchange(reads_, {});
    }
    for (auto const& each : late)
        each->finish(error_of_late_reads());
}

error_code session::error_of_late_reads() const
{
    auto const how = ending();
    if (how.error)
        return how.error;
    return how.closed_for ? how.closed_for : error_code(errc::closed);
}

} // namespace webseed::core
