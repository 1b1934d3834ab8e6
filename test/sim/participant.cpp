#include "sim/participant.hpp"

#include <webseed/storage.hpp>

#include <boost/asio/bind_cancellation_slot.hpp>

#include <algorithm>
#include <utility>

namespace webseed::test::sim {

using namespace std::chrono_literals;

participant::participant(
    scenario const& what, std::shared_ptr<site const> content, platter& disk, surroundings around, std::size_t number)
    : what_(what)
    , site_(std::move(content))
    , disk_(disk)
    , around_(std::move(around))
    , number_(number)
    , chance_(what.seed * 2 + 1)
    , layout_(site_->torrent)
{
    facts_.written.assign(layout_.piece_count(), 0);
    make_mirrors();
    dice chance((what.seed * 2 + 1) ^ 0x67756573);
    for (auto const& manner : what.readers)
    {
        guest::surroundings near{*site_, [this](std::string const& happened) { note(happened); }, around_.called};
        guests_.push_back(std::make_unique<guest>(manner, std::move(near), dice(chance.next())));
    }
}

void participant::note(std::string const& happened)
{
    around_.note(number_ == 0 ? happened : "download " + std::to_string(number_) + ": " + happened);
}

void participant::make_mirrors()
{
    for (auto const& manner : what_.mirrors)
    {
        mirror::surroundings near{
            site_, what_.options, [this] { return around_.outside.context.now(); },
            [this](std::string const& happened) { note(happened); },
            [this](auto const&... told) { around_.streets.asked(told...); }};
        auto& made = *mirrors_.emplace_back(
            std::make_unique<mirror>(manner, std::move(near), dice(chance_.next()), mirrors_.size()));
        around_.streets.add(made);
    }
}

std::unique_ptr<storage> participant::make_storage()
{
    storage_manner how;
    how.pause = [this] {
        auto const time_max = what_.disk.operation_time;
        if (time_max == duration{})
            return time_max;
        auto const drawn = duration(chance_.below(static_cast<std::uint64_t>(time_max.count())));
        facts_.storage_time += drawn;
        return drawn;
    };
    if (what_.disk.wrong_read_percent != 0)
        how.spoils_read = [this] { return chance_.chance(what_.disk.wrong_read_percent); };
    how.written = [this](byte_range range) { written(range); };
    how.recalled = [this](known_content const& known) { facts_.check_recalled(*site_, disk_, known); };
    how.included = [this](file_index file) { disk_.may_touch(site_->torrent.files()[to_number(file)]); };
    auto inner = what_.kept_size_max != 0 ? make_memory_storage(site_->torrent, what_.kept_size_max)
                                          : disk_.make_storage(site_->torrent, what_.disk.remember_every != duration{});
    return watched(std::move(inner), around_.watch, around_.outside.context, std::move(how));
}

// Bytes of each piece, without padding.
void participant::written(byte_range range)
{
    if (engine_)
        facts_.buffered_most = std::max(facts_.buffered_most, engine_->buffered_size());
    while (range.size != 0)
    {
        auto const piece = layout_.piece_at(range.offset);
        auto const size = std::min(range.end(), layout_.range_of(piece).end()) - range.offset;
        for (auto const& slice : layout_.slices({range.offset, size}))
            facts_.written[to_number(piece)] += slice.pad ? 0 : slice.size;
        range = {range.offset + size, range.size - size};
    }
}

std::vector<std::string> participant::urls(bool is_from_torrent) const
{
    std::vector<std::string> found;
    for (auto const& each : what_.mirrors)
        if (each.speaks == speech::files && each.is_from_torrent == is_from_torrent)
            found.push_back(each.url());
    return found;
}

void participant::begin(engine& on)
{
    has_begun_ = facts_.has_begun = true;
    engine_ = &on;
    began_ = around_.outside.context.now();
    auto asking = what_.options;
    if (what_.disk.remember_every != duration{})
        asking.remember_interval = std::chrono::duration_cast<std::chrono::milliseconds>(what_.disk.remember_every);
    auto more = urls(true);
    asking.more_torrent_seeds.insert(asking.more_torrent_seeds.end(), more.begin(), more.end());
    download_ = on.add(site_->torrent, make_storage(), urls(false), std::move(asking));
    download_.async_run(asio::bind_cancellation_slot(cancel_.slot(), [this](error_code error) { ended(error); }));
    if (what_.has_listener)
        listen();
}

void participant::ended(error_code error)
{
    note("ended: " + error.message());
    ++facts_.completions;
    facts_.error = error;
    facts_.ended = around_.outside.context.now() - began_;
    if (!is_gone_)
        facts_.last = download_.stats();
    around_.called();
}

void participant::listen()
{
    is_listening_ = true;
    download_.async_next_event([this](error_code error, event const& happened) { heard(error, happened); });
}

void participant::heard(error_code error, event const& happened)
{
    is_listening_ = false;
    if (error)
    {
        note("no more events: " + error.message());
        if (error != errc::closed)
            facts_.failures.push_back("listening ended with " + error.message());
    }
    else
    {
        note("event " + std::to_string(happened.index()));
        facts_.check_event(happened);
        if (auto const* finished = std::get_if<file_finished>(&happened); finished && what_.kept_size_max == 0)
            facts_.check_file(*site_, disk_, finished->file);
        if (!is_gone_)
            listen();
    }
    around_.called();
}

// About some piece, and about those that are missing.
void participant::ask()
{
    facts_.questions += 2;
    auto const is_over = facts_.completions != 0;
    auto const may_fail = around_.watch.throw_at != 0;
    auto const* const disk = what_.kept_size_max == 0 ? &disk_ : nullptr;
    auto const piece = static_cast<piece_index>(around_.outside.context.steps() % site_->torrent.piece_count());
    download_.async_explain(piece, [=, this](error_code error, piece_report const& told) {
        if (facts_.is_answered(error, may_fail))
            facts_.check_report(*site_, disk, told, is_over);
    });
    download_.async_explain_missing(3, [=, this](error_code error, std::vector<piece_report> const& told) {
        if (facts_.is_answered(error, may_fail))
            facts_.check_missing(*site_, disk, told, 3, is_over);
    });
}

bool participant::is_over() const
{
    auto const is_done = [](auto const& each) { return each->is_done(); };
    return facts_.completions != 0 && !is_listening_ && std::ranges::all_of(guests_, is_done);
}

bool participant::is_at_rest() const
{
    if (facts_.completions != 0 || is_gone_)
        return true;
    auto const now = download_.stats();
    return what_.stays() && !now.checking && now.pieces_verified == now.pieces && now.pieces_under_way == 0;
}

void participant::look(std::uint64_t step)
{
    if (!has_begun_)
        return;
    while (next_action_ != what_.actions.size() && what_.actions[next_action_].at <= step)
        act(what_.actions[next_action_++]);
    for (auto const& each : guests_)
    {
        if (is_gone_)
            each->stay_away();
        else if (!each->has_begun() && each->manner().begins_at <= step)
            each->begin(download_);
        each->look();
    }
    if (facts_.elapsed == duration{} && is_over())
        facts_.elapsed = around_.outside.context.now() - began_;
}

bool participant::begin_guest()
{
    auto const next =
        std::ranges::find_if(guests_, [](auto const& each) { return !each->has_begun() && !each->is_done(); });
    if (next == guests_.end() || !has_begun_ || is_gone_ || !is_at_rest())
        return false;
    (*next)->begin(download_);
    return true;
}

bool participant::close_at_rest()
{
    auto const is_done = [](auto const& each) { return each->is_done(); };
    if (!has_begun_ || is_closed_at_rest_ || facts_.completions != 0 || is_gone_ || !what_.stays() ||
        !std::ranges::all_of(guests_, is_done) || !is_at_rest())
        return false;
    note("is at rest");
    auto const may_be_storing = what_.disk.operation_time != duration{} || !what_.others.empty() || number_ != 0;
    if (!may_be_storing && engine_->buffered_size() != 0)
        facts_.failures.push_back("holds buffers at rest");
    is_closed_at_rest_ = facts_.was_closed_at_rest = true;
    download_.close();
    return true;
}

void participant::act(action const& one)
{
    if (is_gone_)
        return;
    auto& target = *mirrors_[one.which % mirrors_.size()];
    switch (one.what)
    {
    case action::kind::add_mirror:
        note("add " + target.manner().url());
        target.may_be_users();
        download_.add_seed(target.manner().url());
        break;
    case action::kind::add_nonsense:
        note("add nonsense");
        if (!download_.add_seed("gopher://nowhere"))
            facts_.failures.push_back("a URL of no use was taken");
        break;
    case action::kind::remove_mirror:
        remove_mirror(one.which);
        break;
    case action::kind::look:
        ask();
        facts_.check_stats(download_.stats());
        facts_.check_text(download_.diagnosis());
        break;
    case action::kind::sleep:
        note("the process sleeps");
        ++facts_.sleeps;
        around_.outside.context.jump(std::chrono::seconds(one.which));
        break;
    case action::kind::cancel:
        cancel(asio::cancellation_type::terminal);
        break;
    case action::kind::close:
        close();
        break;
    case action::kind::select:
    case action::kind::give_up:
        select(one.which, one.what == action::kind::select);
        break;
    }
}

void participant::select(std::uint64_t number, bool is_wanted)
{
    if (is_closed_at_rest_)
        return; // too late
    auto const file = site_->named_file(number);
    note((is_wanted ? "wants " : "gives up ") + std::string(site_->torrent.files()[to_number(file)].path));
    facts_.selections.emplace_back(file, is_wanted);
    if (auto const error = download_.set_wanted(file, is_wanted))
        facts_.failures.push_back("can't be selected: " + error.message());
}

void participant::cancel(asio::cancellation_type type)
{
    note("cancel");
    facts_.was_ended = true;
    cancel_.emit(type);
}

void participant::close()
{
    note("close");
    facts_.was_ended = true;
    download_.close();
}

void participant::remove_mirror(std::uint64_t number)
{
    auto const& manner = mirrors_[number % mirrors_.size()]->manner();
    note("remove " + manner.url());
    facts_.removed.push_back(manner.host);
    download_.remove_seed(manner.url());
}

void participant::drop()
{
    facts_.was_ended = true;
    is_gone_ = true;
    engine_ = nullptr;
    download_ = {};
}

void participant::destroy()
{
    facts_.was_destroyed = true;
    drop();
    destroy_handles();
}

void participant::destroy_handles()
{
    is_gone_ = true;
    engine_ = nullptr;
    download_ = {};
    for (auto const& each : guests_)
        each->vanish();
}

void participant::look_back()
{
    if (is_gone_ || !has_begun_)
        return;
    facts_.diagnosis = download_.diagnosis();
    facts_.check_text(facts_.diagnosis);
    facts_.check_stats(download_.stats());
    ask();
    destroy_handles();
}

facts participant::take_facts()
{
    for (auto const& each : mirrors_)
        facts_.mirrors.push_back({each->manner(), each->so_far()});
    for (auto const& each : guests_)
        facts_.reads.push_back(each->so_far());
    facts_.disk_failed = disk_.has_failed();
    facts_.open_files = disk_.open_files();
    return std::move(facts_);
}

} // namespace webseed::test::sim
