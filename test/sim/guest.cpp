#include "sim/guest.hpp"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/error.hpp>

#include <algorithm>
#include <iterator>
#include <utility>

namespace webseed::test::sim {

namespace {

// What one read brings at the most.
constexpr std::uint64_t read_size_max = 256u << 10;
constexpr std::uint64_t endless = ~std::uint64_t{0};

} // namespace

guest::guest(reader_manner const& manner, surroundings around, dice chance)
    : manner_(manner)
    , around_(std::move(around))
    , chance_(chance)
    , entry_(around_.content.torrent.files()[to_number(around_.content.named_file(manner.file))])
    , left_(manner.reads)
{
    account_.file = around_.content.named_file(manner.file);
    at_ = entry_.size == 0 ? 0 : manner.from % entry_.size;
}

void guest::fail(std::string what)
{
    around_.note(what);
    account_.failures.push_back(std::move(what));
}

void guest::begin(download& from)
{
    has_begun_ = true;
    around_.note("reads " + std::string(entry_.path));
    auto opened = from.open_reader(account_.file, manner_.options);
    if (!opened)
        return fail("no reader: " + opened.error().message());
    reader_ = std::move(*opened);
    if (reader_.size() != entry_.size)
        fail("a reader's file has another size");
}

void guest::look()
{
    if (!has_begun_ || is_done())
        return;
    // Afterwards: what has completed refers to its signal until then.
    std::erase_if(under_way_, [](one_read const& each) { return each.completions != 0; });
    for (auto& each : under_way_)
        if (each.patience != endless && each.patience-- == 0)
            give_up(each);
    while (left_ != 0 && under_way_.size() < manner_.together)
        read();
    if (is_done())
        reader_ = {}; // which would else read ahead
}

void guest::give_up(one_read& one)
{
    constexpr asio::cancellation_type types[] = {
        asio::cancellation_type::terminal, asio::cancellation_type::partial, asio::cancellation_type::total};
    one.patience = endless;
    if (manner_.leaves && left_ == 0 && !has_left_)
        return leave();
    around_.note("gives up to read at " + std::to_string(one.at));
    one.is_given_up = true;
    one.cancel.emit(types[one.at % std::size(types)]);
}

// The reader goes, whatever is under way. Who asks a closed one is told so.
void guest::leave()
{
    around_.note("reads no more of " + std::string(entry_.path));
    has_left_ = true;
    for (auto& each : under_way_)
        each.is_given_up = true;
    if (chance_.chance(50))
    {
        reader_ = {};
        return;
    }
    reader_.close();
    left_ = 1;
}

// What is wanted for its sake, at the most.
void guest::touch(std::uint64_t at, std::uint64_t size)
{
    auto const& how = manner_.options;
    if (at >= entry_.size)
        return;
    auto const end = std::min(entry_.size, at + std::min(size, read_size_max));
    taken_ += end - at;
    auto const ahead = std::clamp(taken_, std::min(how.read_ahead_min, how.read_ahead_max), how.read_ahead_max);
    auto const last = std::max(end, std::min({entry_.size, how.read_ahead_end, end + ahead}));
    account_.touched.push_back({entry_.offset + at, last - at});
}

void guest::read()
{
    auto& one = under_way_.emplace_back();
    --left_;
    ++account_.reads;
    if (chance_.chance(manner_.jump_percent))
        at_ = chance_.below(entry_.size + entry_.size / 16 + 1);
    one.at = at_;
    one.text.assign(chance_.between(1, manner_.size_max), '?');
    one.is_late = has_left_;
    auto const is_last = manner_.leaves && left_ == 0 && !has_left_;
    one.patience = is_last || chance_.chance(manner_.impatient_percent) ? chance_.below(200) : endless;
    at_ = std::min(entry_.size, at_ + std::min<std::uint64_t>(one.text.size(), read_size_max));
    if (!one.is_late)
        touch(one.at, one.text.size());
    reader_.async_read_some_at(
        one.at, asio::buffer(one.text),
        asio::bind_cancellation_slot(one.cancel.slot(), [this, &one](error_code error, std::size_t count) {
            ended(one, error, count);
            around_.called();
        }));
}

void guest::ended(one_read& one, error_code error, std::size_t count)
{
    auto const what = std::string(entry_.path) + " at " + std::to_string(one.at);
    around_.note("read " + what + ": " + (error ? error.message() : std::to_string(count)));
    if (++one.completions != 1)
        return fail("a read completed more than once: " + what);
    auto const left = entry_.size - std::min(entry_.size, one.at);
    auto const size = std::min({left, one.text.size(), read_size_max});
    if (!error)
    {
        auto const right = std::string_view(around_.content.content).substr(entry_.offset + one.at, size);
        if (one.is_late || size == 0)
            fail("a read succeeded that can't: " + what);
        if (count != size)
            fail("a read brought " + std::to_string(count) + " of " + std::to_string(size) + " bytes: " + what);
        else if (std::string_view(one.text).substr(0, count) != right)
            fail("a read brought wrong bytes: " + what);
        return;
    }
    if (count != 0)
        fail("a read failed, and brought something: " + what);
    if (error == asio::error::eof)
    {
        if (left != 0)
            fail("the end of the file was read where it isn't: " + what);
        return;
    }
    if (error == asio::error::operation_aborted && one.is_given_up)
        return;
    if (error == errc::closed && one.is_late)
        return;
    account_.errors.push_back(error);
    left_ = 0;
}

} // namespace webseed::test::sim
