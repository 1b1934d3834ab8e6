// Drawn runs: readers here and there, while mirrors do what they like and files are selected and given up.
#include "engine/embedded.hpp"
#include "support/content.hpp"
#include "support/dice.hpp"

#include <webseed/reader.hpp>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/error.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <memory>
#include <optional>
#include <string>
#include <vector>

using namespace webseed;
using namespace webseed::test;

namespace {

constexpr std::uint64_t piece_length = 16;

// One that reads, one read after the other, and has some of them cancelled.
class drawn_reader
{
public:
    drawn_reader(reader from, std::string const& content, dice& drawn)
        : from_(std::move(from))
        , content_(content)
        , drawn_(drawn)
        , left_(1 + drawn.next() % 12)
    {}

    void begin()
    {
        error_.reset();
        if (drawn_.next() % 2 == 0)
            at_ = drawn_.next() % content_.size();
        auto const size = 1 + drawn_.next() % 60;
        text_.assign(size, '?');
        cancel_.emplace();
        patience_ = drawn_.next() % 4 == 0 ? drawn_.next() % 60 : ~0ull;
        from_.async_read_some_at(
            at_, asio::buffer(text_),
            asio::bind_cancellation_slot(cancel_->slot(), [this](error_code error, std::size_t count) {
                error_ = error;
                text_.resize(count);
            }));
    }

    // Whether it has nothing left to do.
    bool step()
    {
        if (!error_ && patience_-- == 0)
            cancel_->emit(asio::cancellation_type::total);
        if (!error_)
            return false;
        if (*error_ == asio::error::eof)
            CHECK(at_ >= content_.size());
        else if (*error_ == asio::error::operation_aborted)
            ++cancelled;
        else
        {
            CHECK(*error_ == error_code());
            CHECK(text_ == content_.substr(at_, text_.size()));
            CHECK(!text_.empty());
            at_ += text_.size();
        }
        if (--left_ == 0)
            return true;
        begin();
        return false;
    }

    int cancelled = 0;

private:
    reader from_;
    std::string const& content_;
    dice& drawn_;
    std::uint64_t left_; // reads
    std::uint64_t at_ = 0;
    std::uint64_t patience_ = 0; // steps
    std::string text_;
    std::optional<error_code> error_;
    std::optional<asio::cancellation_signal> cancel_;
};

struct drawn_run
{
    drawn_run(std::uint64_t seed, bool is_faultless)
        : drawn(seed)
        , outside(seed)
        , files(drawn_files())
        , torrent(torrent_with(files, piece_length))
        , on(outside.context.get_executor(), options_of(outside))
    {
        std::vector<std::string> urls{"http://good/"};
        outside.net->serve("good", serving(files));
        for (std::uint64_t i = drawn.next() % 3; !is_faultless && i != 0; --i)
        {
            auto const host = "bad" + std::to_string(i);
            outside.net->serve(host, [this](request const& asked) { return badly(asked); });
            urls.push_back("http://" + host + "/");
        }
        if (drawn.next() % 2 == 0)
            torrent = torrent.select(std::vector{file_index{0}});
        download_options options;
        options.stays = true;
        options.requesters_per_seed = static_cast<unsigned>(1 + drawn.next() % 3);
        options.claim_size_first = 16ull << drawn.next() % 5;
        options.claim_size_min = 16;
        kept = drawn.next() % 2 == 0 ? 0 : 96 + drawn.next() % 300;
        auto into = kept != 0 ? make_memory_storage(torrent, kept) : make_memory_storage(torrent);
        running = on.add(torrent, std::move(into), std::move(urls), std::move(options));
        running.async_run([this](error_code) { has_ended = true; });
    }

    static engine_options options_of(world& outside)
    {
        engine_options made;
        made.worker_executor = outside.context.get_executor();
        made.net = outside.net;
        made.time = outside.time;
        return made;
    }

    std::vector<made_file> drawn_files()
    {
        std::vector<made_file> made;
        auto const text = letters(1500);
        for (std::size_t i = 0; i != 3; ++i)
            made.push_back({std::string(1, static_cast<char>('a' + i)), text.substr(i * 500, 1 + drawn.next() % 400)});
        return made;
    }

    std::vector<step> badly(request const& asked)
    {
        auto steps = serving(files)(asked);
        auto& bytes = std::get<send_bytes>(steps.front()).bytes;
        switch (drawn.next() % 7)
        {
        case 0: // less than all of it
            bytes.resize(bytes.size() - std::min<std::size_t>(bytes.size(), 1 + drawn.next() % 20));
            steps.push_back(end_stream());
            break;
        case 1:
            bytes.back() = '!';
            break;
        case 2:
            bytes = response("503 Service Unavailable", "", "");
            break;
        case 3:
            steps.insert(steps.begin(), reset_stream());
            break;
        case 4:
            steps.insert(steps.begin(), pause_for{std::chrono::seconds(drawn.next() % 9)});
            break;
        case 5:
            bytes = response("404 Not Found", "", "");
            break;
        default:
            break;
        }
        return steps;
    }

    // Until all have read what they wanted. False: they hang.
    bool read()
    {
        std::vector<std::unique_ptr<drawn_reader>> readers;
        for (std::uint64_t i = 1 + drawn.next() % 3; i != 0; --i)
        {
            auto const file = static_cast<std::uint32_t>(drawn.next() % files.size());
            reader_options how;
            how.read_ahead_min = drawn.next() % 100;
            how.read_ahead_max = drawn.next() % 400;
            auto from = running.open_reader(file_index{file}, how).value();
            readers.push_back(std::make_unique<drawn_reader>(std::move(from), files[file].content, drawn));
            readers.back()->begin();
        }
        while (!readers.empty())
        {
            if (drawn.next() % 50 == 0)
                running.set_wanted(file_index{static_cast<std::uint32_t>(drawn.next() % 3)}, drawn.next() % 2 == 0);
            std::erase_if(readers, [](auto const& each) { return each->step(); });
            if (!outside.context.run_one() && !readers.empty() && !outside.context.advance())
                return false;
        }
        return true;
    }

    dice drawn;
    world outside;
    std::vector<made_file> files;
    metainfo torrent;
    engine on;
    download running;
    std::uint64_t kept = 0;
    bool has_ended = false;
};

} // namespace

TEST_CASE("whatever mirrors do, readers get the right bytes or nothing, and every read ends")
{
    for (std::uint64_t seed = 1; seed != 1500; ++seed)
    {
        CAPTURE(seed);
        drawn_run run(seed, false);
        REQUIRE(run.read());
        run.running.close();
        run.outside.run([&] { return run.has_ended; });
        REQUIRE(run.has_ended);
    }
}

TEST_CASE("where nothing is wrong no byte is fetched twice that is kept")
{
    for (std::uint64_t seed = 1; seed != 700; ++seed)
    {
        CAPTURE(seed);
        drawn_run run(seed, true);
        REQUIRE(run.read());
        run.running.close();
        run.outside.run([&] { return run.has_ended; });
        REQUIRE(run.has_ended);
        auto const told = run.running.stats();
        if (run.kept == 0 && told.claims_shared == 0) // else what was on its way may be asked for again
            CHECK(told.bytes_received <= run.torrent.total_size());
        CHECK(told.bytes_wasted == 0);
        CHECK(told.seeds.front().failures == 0);
    }
}
