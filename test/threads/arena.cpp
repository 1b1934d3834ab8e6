#include "threads/arena.hpp"

#include "support/content.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/bind_executor.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/strand.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <future>
#include <utility>

namespace webseed::test {

namespace asio = boost::asio;

namespace {

constexpr std::uint64_t piece_length = 4 * 1024;
constexpr std::size_t content_size = 20 * piece_length + 100;

std::string made_torrent_file()
{
    auto const info = dictionary_of({
        {"length", encoded(1)},
        {"name", encoded("f")},
        {"piece length", encoded(1)},
        {"pieces", encoded(std::string(20, 'h'))},
    });
    return dictionary_of({{"info", info}});
}

auto operation_of(guest& on)
{
    std::lock_guard const lock(on.mutex);
    return on.handle.async_run(asio::as_tuple(asio::use_awaitable));
}

// @param count  must outlive it.
asio::awaitable<void> run_guest(tally& count, std::shared_ptr<guest> on)
{
    co_await asio::this_coro::throw_if_cancelled(false); // whoever cancels it too early cancels nothing
    auto const book = on->book;
    auto operation = operation_of(*on);
    on.reset(); // the handle may go meanwhile
    auto const [error] = co_await std::move(operation);
    count_end(count, *book, error);
}

} // namespace

arena::arena(arena_options options)
    : options_(options)
    , content_(std::make_shared<std::string const>(letters(content_size)))
    , torrent_(torrent_with(*content_, piece_length))
    , torrent_file_(made_torrent_file())
    , torrents_(outside_, torrent_file_)
    , front_(options.front_thread_count)
    , front_guard_(front_.get_executor())
{
    servers_.emplace_back(outside_, *content_);
    servers_.emplace_back(outside_, *content_);
    servers_.emplace_back(outside_, moody_answers(*content_, options.seed));
    servers_.emplace_back(outside_, moody_answers(*content_, options.seed + 1));
    for (auto& each : engines_)
        each = std::make_shared<engine>(front_.get_executor(), options_of_engine());
    threads_.emplace_back([this] { outside_.run(); });
    for (int i = 0; i != options.front_thread_count; ++i)
        threads_.emplace_back([this] { front_.run(); });
}

arena::~arena() = default;

engine_options arena::options_of_engine()
{
    engine_options made;
    made.worker_count = 4;
    if (options_.borrows)
        made.worker_executor = borrowed_.get_executor();
    return made;
}

void arena::play(std::uint64_t seed, int operation_count)
{
    dice luck(seed);
    for (int i = 0; i != operation_count; ++i)
        act(luck);
}

void arena::finish()
{
    for (auto const& each : guests_)
        if (each)
        {
            each->handle.close();
            listen(count_, each);
        }
    for (auto& each : engines_)
        each.reset();
    front_guard_.reset();
    asio::post(outside_, [this] {
        for (auto& each : servers_)
            each.close();
        torrents_.close();
    });
    for (auto& each : threads_)
        each.join();
    elsewhere_.join();
    borrowed_.join();
    guests_ = {};
}

void arena::act(dice& luck)
{
    switch (luck.below(24))
    {
    case 0:
        stop_engine(luck);
        break;
    case 1:
        replace_engine(luck);
        break;
    case 2:
    case 3:
    case 4:
    case 5:
        add(luck);
        break;
    case 6:
        drop(luck);
        break;
    case 7:
    case 8:
    case 9:
    case 10:
        run_to_end(luck, invite(luck)); // nobody else knows it, so that it gets a long way
        break;
    case 11:
        load(luck);
        break;
    default:
        act_on(luck, some_guest(luck));
        break;
    }
}

void arena::act_on(dice& luck, guest_pointer const& on)
{
    if (!on)
        return;
    switch (luck.below(11))
    {
    case 0:
        on->handle.close();
        break;
    case 1:
        (void)on->handle.add_seed(some_url(luck));
        break;
    case 2:
        on->handle.remove_seed(some_url(luck));
        break;
    case 3:
        count_.wrong_bytes += on->handle.stats().bytes != content_->size();
        break;
    case 4:
        (void)on->handle.diagnosis();
        (void)some_engine(luck)->known_servers({});
        break;
    case 5:
        cancel(on);
        break;
    case 6:
        listen(count_, on); // together with whoever else does
        break;
    case 7:
        ++count_.waits_begun;
        on->handle.async_explain(piece_index{0}, [this](error_code, piece_report const&) { ++count_.waits_ended; });
        break;
    default:
        begin(luck, on);
        break;
    }
}

std::shared_ptr<engine> arena::some_engine(dice& luck)
{
    auto const index = luck.below(static_cast<std::uint32_t>(engines_.size()));
    std::lock_guard const lock(mutex_);
    return engines_[index];
}

arena::guest_pointer arena::some_guest(dice& luck)
{
    auto const index = luck.below(static_cast<std::uint32_t>(guests_.size()));
    std::lock_guard const lock(mutex_);
    return guests_[index];
}

std::string arena::some_url(dice& luck)
{
    auto const index = static_cast<std::ptrdiff_t>(luck.below(servers_.size()));
    return std::next(servers_.begin(), index)->url();
}

arena::guest_pointer arena::invite(dice& luck)
{
    auto book = std::make_shared<ledger>();
    book->wanted = content_;
    book->stored.assign(content_->size(), ' ');
    auto const holds_something = luck.below(3) == 0;
    if (holds_something)
        book->stored.replace(0, content_size / 2, *content_, 0, content_size / 2);
    download_options options;
    options.requesters_per_seed = static_cast<unsigned>(luck.between(1, 4));
    options.connect_timeout = std::chrono::seconds(10);
    options.head_timeout = std::chrono::milliseconds(50);
    options.claim_size_first = (1 + luck.below(8)) * piece_length;
    options.claim_size_min = piece_length;
    options.seed_failure_count_max = 3;
    options.seed_pause_max = std::chrono::milliseconds(5);
    options.retry_after_max = std::chrono::seconds(0);
    options.event_count_max = event_count_max;
    std::vector<std::string> mirrors;
    for (auto left = luck.below(4) + luck.below(2); left != 0; --left)
        mirrors.push_back(some_url(luck));
    auto made = std::make_shared<guest>();
    made->book = book;
    auto store = std::make_unique<ledger_storage>(std::move(book), holds_something);
    made->handle = some_engine(luck)->add(torrent_, std::move(store), std::move(mirrors), options);
    return made;
}

void arena::add(dice& luck)
{
    auto made = invite(luck);
    if (luck.below(4) != 0)
        begin(luck, made);
    auto const index = luck.below(static_cast<std::uint32_t>(guests_.size()));
    std::lock_guard const lock(mutex_);
    guests_[index].swap(made); // whoever was there goes when nobody looks at it any more
}

void arena::drop(dice& luck)
{
    guest_pointer gone;
    auto const index = luck.below(static_cast<std::uint32_t>(guests_.size()));
    {
        std::lock_guard const lock(mutex_);
        gone.swap(guests_[index]);
    }
    if (gone && luck.below(2) == 0)
        listen(count_, gone);
}

void arena::begin(dice& luck, guest_pointer const& on)
{
    std::lock_guard const lock(on->mutex);
    if (std::exchange(on->is_begun, true))
        return;
    ++count_.runs_begun;
    if (luck.below(2) == 0)
        begin_with_callback(on);
    else
        begin_with_coroutine(on);
}

// Cancelled on its own executor, which is another than the engine's.
void arena::begin_with_callback(guest_pointer const& on)
{
    auto const& book = on->book;
    book->cancel_home = asio::make_strand(elsewhere_);
    auto complete = [this, book](error_code error) { count_end(count_, *book, error); };
    auto bound = asio::bind_executor(book->cancel_home, std::move(complete));
    on->handle.async_run(asio::bind_cancellation_slot(book->cancel_run.slot(), std::move(bound)));
}

void arena::begin_with_coroutine(guest_pointer const& on)
{
    auto const& book = on->book;
    book->cancel_home = asio::make_strand(front_);
    auto complete = [book](std::exception_ptr) {};
    auto bound = asio::bind_executor(book->cancel_home, std::move(complete));
    asio::co_spawn(
        book->cancel_home, run_guest(count_, on), asio::bind_cancellation_slot(book->cancel_run.slot(), bound));
}

void arena::run_to_end(dice& luck, guest_pointer const& on)
{
    ++count_.runs_begun;
    std::promise<error_code> done;
    on->handle.async_run([&](error_code error) { done.set_value(error); });
    auto const add_late = luck.below(2) == 0;
    if (add_late)
        (void)on->handle.add_seed(some_url(luck));
    count_end(count_, *on->book, done.get_future().get());
    drain(count_, *on, event_count_max);
}

void arena::cancel(guest_pointer const& on)
{
    std::lock_guard const lock(on->mutex);
    if (!on->is_begun)
        return;
    auto emit = [book = on->book] { book->cancel_run.emit(asio::cancellation_type::terminal); };
    asio::post(on->book->cancel_home, std::move(emit));
}

void arena::stop_engine(dice& luck)
{
    ++count_.stops_begun;
    auto const home = asio::make_strand(elsewhere_);
    auto const signal = std::make_shared<asio::cancellation_signal>();
    auto complete = asio::bind_executor(home, [this, signal](error_code) { ++count_.stops_ended; });
    some_engine(luck)->async_stop(asio::bind_cancellation_slot(signal->slot(), std::move(complete)));
    if (luck.below(2) == 0)
        asio::post(home, [signal] { signal->emit(asio::cancellation_type::total); });
}

// From a source that may be moody, and then from one that has the torrent; now and then from the first alone.
void arena::load(dice& luck)
{
    ++count_.loads_begun;
    auto const wanted = to_hex(*metainfo::parse(bytes_of(torrent_file_))->infohash_v1());
    auto link = "magnet:?xt=urn:btih:" + wanted + "&xs=" + some_url(luck);
    if (luck.below(4) != 0)
        link += "&as=" + torrents_.url();
    load_options options;
    options.head_timeout = std::chrono::milliseconds(50);
    auto const home = asio::make_strand(elsewhere_);
    auto const signal = std::make_shared<asio::cancellation_signal>();
    auto const cause = std::make_shared<diagnostics>();
    auto complete = [this, signal, cause, wanted](error_code error, loaded_torrent got) {
        ++count_.loads_ended;
        count_.loaded += !error;
        count_.wrong_torrents += cause->message.empty() == error.failed() || got.torrent.has_value() == error.failed();
        if (got.torrent)
            count_.wrong_torrents += to_hex(*got.torrent->infohash_v1()) != wanted;
    };
    auto bound = asio::bind_executor(home, std::move(complete));
    some_engine(luck)->async_load(link, options, cause.get(), asio::bind_cancellation_slot(signal->slot(), bound));
    if (luck.below(3) == 0)
        asio::post(home, [signal] { signal->emit(asio::cancellation_type::total); });
}

void arena::replace_engine(dice& luck)
{
    auto made = std::make_shared<engine>(front_.get_executor(), options_of_engine());
    auto const index = luck.below(static_cast<std::uint32_t>(engines_.size()));
    std::lock_guard const lock(mutex_);
    engines_[index].swap(made);
}

} // namespace webseed::test
