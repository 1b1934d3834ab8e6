// One download in the scripted world: real content, a storage that can be held up or made to fail, and whatever
// seeds a test brings.
#pragma once

#include "engine/session.hpp"
#include "support/world.hpp"

#include <webseed/events.hpp>

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace webseed::test {

/// Memory, with a spy in front of it.
class spy_storage final : public storage
{
public:
    spy_storage(std::size_t size, std::shared_ptr<virtual_clock> time)
        : bytes(size, '\0')
        , time_(std::move(time))
    {}

    asio::awaitable<boost::system::result<std::vector<byte_range>>> open(diagnostics& cause) override;
    asio::awaitable<error_code> read(std::uint64_t offset, std::span<std::byte> buffer) override;
    asio::awaitable<error_code> write(std::uint64_t offset, std::span<std::byte const> buffer) override;
    asio::awaitable<error_code> close(diagnostics& cause) override;

    std::string bytes;
    /// What open() says is there.
    std::vector<byte_range> stored;
    /// While set, operations take this long.
    duration open_time{};
    duration write_time{};
    duration close_time{};
    /// Called before a write; its error is the write's.
    std::function<error_code(std::uint64_t offset)> on_write = [](std::uint64_t) { return error_code(); };
    int writes = 0;
    int opens = 0;
    int closes = 0;

private:
    std::shared_ptr<virtual_clock> time_;
};

class scene
{
public:
    /// A single file of `pieces` pieces of 16 bytes (letters, so that failures can be read), claimed `claim_pieces`
    /// at a time.
    explicit scene(std::uint32_t pieces, std::uint64_t claim_pieces = 1);
    ~scene();

    static constexpr std::uint64_t piece_length = 16;

    /// A seed that serves the content; another that is scripted. Before start() it is part of the torrent's seeds.
    void add_good_seed(std::string const& host);
    void add_seed(std::string const& host, server answers);
    /// Only the URL: the host's behaviour is up to the network.
    void add_seed_url(std::string const& host);

    std::vector<step> good_answer(request const& asked) const { return {send_bytes{range_response(asked, content)}}; }
    /// The head of the right answer and the first `count` bytes of its body.
    std::string beginning_of_answer(request const& asked, std::size_t count) const;

    /// Makes the session and starts it, without running anything yet.
    void start();
    void settle() { outside.settle(); }
    /// Runs until the download has ended, or nothing more can happen.
    void run();
    bool has_ended() const { return ended_; }
    /// How it ended; only then.
    error_code error() const { return session->ending().error; }
    void close();

    /// Runs `visit(plan)` as a turn of its own, and returns what it returns.
    template <class Visit>
    auto look(Visit visit)
    {
        std::optional<std::invoke_result_t<Visit, core::download_state&>> seen;
        session->state().post([&](core::download_state& state) { seen.emplace(visit(state)); });
        settle();
        return *seen;
    }
    /// One character a piece: V verified, r requested, '.' free, '?' not checked.
    std::string picture();
    std::size_t claim_count();

    /// What has been told since the last call of files, wrong pieces and what went amiss with seeds: the names of the
    /// events, with spaces between them.
    std::string events();
    std::size_t requests() const { return outside.net->log().size(); }
    /// As "first-last" of each request, in order; a request for all is "all".
    std::vector<std::string> ranges() const;

    world outside;
    std::string content;
    std::optional<metainfo> torrent;
    download_options options;
    std::uint64_t rate_max = 0; // of the engine
    spy_storage* store = nullptr;
    std::shared_ptr<core::session> session;

private:
    std::vector<std::string> urls_;
    std::unique_ptr<spy_storage> storage_;
    bool ended_ = false;
};

} // namespace webseed::test
