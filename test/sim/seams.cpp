#include "sim/seams.hpp"

#include <stdexcept>
#include <utility>

namespace webseed::test::sim {

namespace {

class watched_stream final : public stream
{
public:
    watched_stream(std::unique_ptr<stream> inner, seam_watch& watch)
        : inner_(std::move(inner))
        , watch_(watch)
    {}

    boost::system::result<std::size_t> read_some(asio::mutable_buffer buffer) override
    {
        watch_.enter();
        return inner_->read_some(buffer);
    }
    asio::awaitable<error_code> wait_readable(time_point deadline) override
    {
        watch_.enter();
        return inner_->wait_readable(deadline);
    }
    asio::awaitable<error_code> write(asio::const_buffer bytes, time_point deadline) override
    {
        watch_.enter();
        return inner_->write(bytes, deadline);
    }
    void close() noexcept override { inner_->close(); }

private:
    std::unique_ptr<stream> inner_;
    seam_watch& watch_;
};

class watched_network final : public network
{
public:
    watched_network(std::shared_ptr<network> inner, seam_watch& watch)
        : inner_(std::move(inner))
        , watch_(watch)
    {}

    asio::awaitable<boost::system::result<std::unique_ptr<stream>>>
    connect(connect_request request, std::string& detail) override
    {
        watch_.enter();
        auto made = co_await inner_->connect(std::move(request), detail);
        if (made)
            co_return std::make_unique<watched_stream>(std::move(*made), watch_);
        co_return made.error();
    }

private:
    std::shared_ptr<network> inner_;
    seam_watch& watch_;
};

class watched_clock final : public webseed::clock
{
public:
    watched_clock(std::shared_ptr<webseed::clock> inner, seam_watch& watch)
        : inner_(std::move(inner))
        , watch_(watch)
    {}

    time_point now() const noexcept override { return inner_->now(); }
    asio::awaitable<void> sleep_until(time_point time) override
    {
        watch_.enter();
        return inner_->sleep_until(time);
    }
    std::uint64_t random() noexcept override { return inner_->random(); }

private:
    std::shared_ptr<webseed::clock> inner_;
    seam_watch& watch_;
};

std::string text_of(byte_range range)
{
    return std::to_string(range.offset) + '+' + std::to_string(range.size);
}

std::string text_of(error_code error)
{
    return error ? ": " + error.message() : std::string();
}

class watched_storage final : public storage
{
public:
    watched_storage(std::unique_ptr<storage> inner, seam_watch& watch, simulated_context& context, storage_manner how)
        : inner_(std::move(inner))
        , watch_(watch)
        , context_(context)
        , how_(std::move(how))
    {
        ++watch_.storages;
    }
    watched_storage(watched_storage const&) = delete;
    watched_storage& operator=(watched_storage const&) = delete;
    ~watched_storage() override
    {
        --watch_.storages;
        if (is_open_)
            --watch_.open_storages;
    }

    asio::awaitable<boost::system::result<std::vector<byte_range>>> open(diagnostics& cause) override
    {
        watch_.enter();
        co_await take_time();
        auto stored = co_await inner_->open(cause);
        watch_.note("storage: open" + text_of(stored ? error_code() : stored.error()));
        is_open_ = stored.has_value();
        watch_.open_storages += is_open_ ? 1 : 0;
        co_return stored;
    }
    asio::awaitable<std::optional<known_content>> recall() override
    {
        watch_.enter();
        co_await take_time();
        auto known = co_await inner_->recall();
        if (known)
        {
            watch_.note("storage: recall, with " + std::to_string(known->begun.size()) + " ranges begun");
            how_.recalled(*known);
        }
        co_return known;
    }
    asio::awaitable<error_code> remember(known_content known) override
    {
        watch_.enter();
        if (std::exchange(is_remembering_, true))
            throw std::logic_error("remembers twice at once");
        co_await take_time();
        auto const error = co_await inner_->remember(std::move(known));
        is_remembering_ = false;
        watch_.note("storage: remember" + text_of(error));
        co_return error;
    }
    asio::awaitable<error_code> read(std::uint64_t offset, std::span<std::byte> buffer) override
    {
        watch_.enter();
        co_await take_time();
        auto const error = co_await inner_->read(offset, buffer);
        auto const is_spoiled = !error && how_.spoils_read();
        if (is_spoiled) // no content has such a byte
            buffer[offset % buffer.size()] |= std::byte{0x80};
        watch_.note(
            "storage: read " + text_of(byte_range{offset, buffer.size()}) + text_of(error) +
            (is_spoiled ? ", with a wrong byte" : ""));
        co_return error;
    }
    asio::awaitable<error_code> write(std::uint64_t offset, std::span<std::byte const> bytes) override
    {
        watch_.enter();
        how_.written({offset, bytes.size()});
        co_await take_time();
        auto const error = co_await inner_->write(offset, bytes);
        watch_.note("storage: write " + text_of(byte_range{offset, bytes.size()}) + text_of(error));
        co_return error;
    }
    std::uint64_t kept_size_max() const noexcept override { return inner_->kept_size_max(); }
    void drop(byte_range range) noexcept override { inner_->drop(range); }
    bool include(file_index file) noexcept override
    {
        how_.included(file);
        return inner_->include(file);
    }
    asio::awaitable<error_code> complete(diagnostics& cause) override
    {
        watch_.enter();
        co_await take_time();
        auto const error = co_await inner_->complete(cause);
        watch_.note("storage: complete" + text_of(error));
        co_return error;
    }
    asio::awaitable<error_code> close(diagnostics& cause) override
    {
        --watch_.open_storages;
        is_open_ = false;
        watch_.enter();
        co_await take_time();
        auto const error = co_await inner_->close(cause);
        watch_.note("storage: close" + text_of(error));
        co_return error;
    }

private:
    asio::awaitable<void> take_time()
    {
        auto const pause = how_.pause();
        if (pause == duration{})
            co_return;
        simulated_wait self(context_, context_.now() + pause);
        co_await self.wait();
    }

    std::unique_ptr<storage> inner_;
    seam_watch& watch_;
    simulated_context& context_;
    storage_manner how_;
    bool is_open_ = false;
    bool is_remembering_ = false;
};

} // namespace

void seam_watch::enter()
{
    if (++calls_ != throw_at)
        return;
    on_throw();
    throw std::runtime_error("thrown by the test");
}

std::shared_ptr<network> watched(std::shared_ptr<network> inner, seam_watch& watch)
{
    return std::make_shared<watched_network>(std::move(inner), watch);
}

std::shared_ptr<webseed::clock> watched(std::shared_ptr<webseed::clock> inner, seam_watch& watch)
{
    return std::make_shared<watched_clock>(std::move(inner), watch);
}

std::unique_ptr<storage>
watched(std::unique_ptr<storage> inner, seam_watch& watch, simulated_context& context, storage_manner how)
{
    return std::make_unique<watched_storage>(std::move(inner), watch, context, std::move(how));
}

} // namespace webseed::test::sim
