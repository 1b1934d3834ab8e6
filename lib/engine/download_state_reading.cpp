// What readers want of a download, and what is selected while it runs.
#include "engine/download_state.hpp"

#include <boost/asio/error.hpp>

#include <algorithm>
#include <limits>
#include <utility>

namespace webseed::core {

namespace {

// Of a bounded storage so much is read ahead; the rest is what was read.
constexpr std::uint64_t ahead_divisor = 2;

} // namespace

std::optional<error_code> download_state::look_at(std::shared_ptr<read_request> const& read)
{
    if (read->is_cancelled())
        return error_code(boost::asio::error::operation_aborted);
    auto const run = pieces_of(read->range);
    if (!read->known_as && !plan_.is_finished()) // else nothing could be fetched again of what the storage has dropped
    {
        keep_file(read->place.file);
        auto const& by = read->place;
        read->known_as = ahead_.begin(by.reader, read->range, by.ahead_end, by.ahead);
        urge();
    }
    if (plan_.is_closed())
        return reason_ ? reason_ : error_code(errc::closed);
    if (is_kept_[to_number(read->place.file)] && plan_.is_verified(run))
    {
        plan_.used(run);
        return error_code();
    }
    if (plan_.is_finished())
    {
        auto const error = reason_of_end().error;
        return error ? error : error_code(errc::closed);
    }
    if (std::ranges::find(waiting_, read) == waiting_.end())
        waiting_.push_back(read);
    return std::nullopt;
}

void download_state::end_read(read_request& read)
{
    std::erase_if(waiting_, [&read](auto const& each) { return each.get() == &read; });
    if (!read.known_as)
        return;
    ahead_.end(*std::exchange(read.known_as, std::nullopt));
    urge();
}

void download_state::close_reader(std::uint64_t reader)
{
    if (is_concluded_)
        return;
    ahead_.remove(reader);
    urge();
    for (auto const& each : waiting_)
        if (each->place.reader == reader)
            each->wake();
}

void download_state::stay(std::shared_ptr<requester_link> link)
{
    stays_ = std::move(link);
    plan_.urge(urgent_); // what can't be had ends it
    tell_requesters();
}

void download_state::set_wanted(file_index file, bool is_wanted)
{
    if (plan_.is_finished() || is_concluded_ || kept_size_max_ != 0 || is_wanted_[to_number(file)] == is_wanted)
        return;
    is_wanted_[to_number(file)] = is_wanted;
    events_.push(file_selected{file, is_wanted});
    if (is_wanted)
    {
        keep_file(file);
        plan_.want(layout_.pieces_of(file));
        if (pieces_left_[to_number(file)] == 0)
            events_.push(file_finished{file});
    }
    else
        plan_.unwant(pieces_of_alone(file));
    tell_requesters();
    publish();
}

// Those that no other wanted file needs: only the first and the last one may have bytes of others.
planning::piece_run download_state::pieces_of_alone(file_index file) const
{
    auto run = layout_.pieces_of(file);
    auto const is_shared = [this](std::uint32_t piece) {
        auto const slices = layout_.slices(layout_.range_of(static_cast<piece_index>(piece)));
        return std::ranges::any_of(
            slices, [this](auto const& each) { return !each.pad && is_wanted_[to_number(each.file)]; });
    };
    if (!run.empty() && is_shared(run.first))
        ++run.first;
    if (!run.empty() && is_shared(run.last - 1))
        --run.last;
    return run;
}

// What the storage has dropped of the file is fetched again: it lies in pieces that the file shares with others.
void download_state::keep_file(file_index file)
{
    if (is_kept_[to_number(file)])
        return;
    is_kept_[to_number(file)] = true;
    if (store_ == nullptr || !store_->include(file))
        return;
    auto const run = layout_.pieces_of(file);
    for (auto const piece : {run.first, run.last - 1})
    {
        if (run.empty() || (piece != run.first && run.count() == 1))
            continue;
        auto const index = static_cast<piece_index>(piece);
        auto const was_verified = plan_.is_verified(index);
        plan_.forget(index);
        if (!was_verified)
            continue;
        plan_.want({piece, piece + 1});
        for (auto const& each : layout_.slices(layout_.range_of(index)))
            ++pieces_left_[to_number(each.file)];
    }
}

planning::piece_run download_state::pieces_of(byte_range range) const
{
    return {to_number(layout_.piece_at(range.offset)), to_number(layout_.piece_at(range.end() - 1)) + 1};
}

void download_state::urge()
{
    auto const most = kept_size_max_ != 0 ? kept_size_max_ / ahead_divisor : std::numeric_limits<std::uint64_t>::max();
    auto wanted = ahead_.wanted(layout_, most);
    if (wanted == urgent_)
        return;
    urgent_ = wanted;
    plan_.urge(std::move(wanted));
    tell_requesters();
}

// Those for which there is an answer now.
void download_state::tell_readers()
{
    auto const is_over = plan_.is_finished();
    if (is_over && stays_)
        std::exchange(stays_, nullptr)->wake();
    if (waiting_.empty())
        return;
    std::erase_if(waiting_, [&](auto const& each) {
        auto const is_ready = is_over || plan_.is_verified(pieces_of(each->range));
        if (is_ready)
            each->wake();
        return is_ready;
    });
}

// What a bounded storage need not keep.
void download_state::tell_storage()
{
    for (auto const run : plan_.take_forgotten())
        if (store_ != nullptr)
            store_->drop(layout_.range_of(run));
}

} // namespace webseed::core
