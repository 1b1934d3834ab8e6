#include "support/origin.hpp"

#include "support/answers.hpp"
#include "support/origin_connection.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/ip/v6_only.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <atomic>
#include <exception>
#include <list>
#include <mutex>
#include <optional>
#include <utility>

namespace webseed::test {

namespace asio = boost::asio;
using asio::ip::tcp;

namespace {

using error_code = boost::system::error_code;

// On ::1 with the port that an IPv4 acceptor has; closed where that can't be had.
tcp::acceptor same_port_of_ipv6(asio::io_context& context, std::uint16_t port)
{
    tcp::acceptor made(context);
    error_code error;
    made.open(tcp::v6(), error);
    if (!error)
        made.set_option(asio::ip::v6_only(true), error);
    if (!error)
        made.bind({asio::ip::address_v6::loopback(), port}, error);
    if (!error)
        made.listen(asio::socket_base::max_listen_connections, error);
    if (error)
        made = tcp::acceptor(context);
    return made;
}

std::optional<asio::ssl::context> tls_of(origin_options const& options)
{
    if (options.certificate_file.empty())
        return std::nullopt;
    asio::ssl::context made(asio::ssl::context::tls_server);
    made.use_certificate_chain_file(options.certificate_file);
    made.use_private_key_file(options.key_file, asio::ssl::context::pem);
    if (!options.client_ca_file.empty())
    {
        made.load_verify_file(options.client_ca_file);
        made.set_verify_mode(asio::ssl::verify_peer | asio::ssl::verify_fail_if_no_peer_cert);
        static constexpr unsigned char id[] = "origin"; // without it, no session with a client's certificate resumes
        SSL_CTX_set_session_id_context(made.native_handle(), id, sizeof(id) - 1);
    }
    return made;
}

} // namespace

// Lives as long as its connections, which may end after the origin.
class origin::state : public std::enable_shared_from_this<origin::state>
{
public:
    state(asio::io_context& context, server answers, origin_options options)
        : answers_(std::move(answers))
        , greeting_(std::move(options.greeting))
        , tls_(tls_of(options))
        , ipv4_(context, {asio::ip::address_v4::loopback(), 0})
        , port_(ipv4_.local_endpoint().port())
        , ipv6_(same_port_of_ipv6(context, port_))
        , has_ipv6_(ipv6_.is_open())
    {}

    void start()
    {
        asio::co_spawn(ipv4_.get_executor(), accept(shared_from_this(), ipv4_), [](std::exception_ptr) {});
        if (has_ipv6_)
            asio::co_spawn(ipv6_.get_executor(), accept(shared_from_this(), ipv6_), [](std::exception_ptr) {});
    }

    void close()
    {
        error_code ignored;
        ipv4_.close(ignored);
        ipv6_.close(ignored);
        for (auto const& each : open_)
            each->close();
    }

    bool has_tls() const noexcept { return tls_.has_value(); }
    bool has_ipv6() const noexcept { return has_ipv6_; }
    std::uint16_t port() const noexcept { return port_; }

    std::vector<std::string> heads() const
    {
        std::lock_guard const lock(mutex_);
        return heads_;
    }

    std::atomic<int> requests = 0;
    std::atomic<int> connections = 0;
    std::atomic<int> open_connections = 0;
    std::atomic<std::uint64_t> bytes_sent = 0;
    std::atomic<bool> is_silent = false;

private:
    static asio::awaitable<void> accept(std::shared_ptr<state> self, tcp::acceptor& on);
    static asio::awaitable<void>
    serve(std::shared_ptr<state> self, std::shared_ptr<origin_connection> client, std::uint64_t number);
    asio::awaitable<void> converse(origin_connection& client, std::uint64_t number);
    std::vector<step> answer(request& asked);

    server answers_;
    server greeting_;
    std::optional<asio::ssl::context> tls_;
    tcp::acceptor ipv4_;
    std::uint16_t port_;
    tcp::acceptor ipv6_;
    bool has_ipv6_;
    std::list<std::shared_ptr<origin_connection>> open_;
    mutable std::mutex mutex_; // held for a look at
    std::vector<std::string> heads_;
};

asio::awaitable<void> origin::state::accept(std::shared_ptr<state> self, tcp::acceptor& on)
{
    for (;;)
    {
        auto [error, socket] = co_await on.async_accept(asio::as_tuple(asio::use_awaitable));
        if (error)
            co_return;
        auto const number = static_cast<std::uint64_t>(self->connections++);
        auto const tls = self->tls_ ? &*self->tls_ : nullptr;
        auto client = std::make_shared<origin_connection>(std::move(socket), tls, self->bytes_sent);
        asio::co_spawn(on.get_executor(), serve(self, std::move(client), number), [](std::exception_ptr) {});
    }
}

asio::awaitable<void>
origin::state::serve(std::shared_ptr<state> self, std::shared_ptr<origin_connection> client, std::uint64_t number)
{
    auto const place = self->open_.insert(self->open_.end(), client);
    ++self->open_connections;
    try
    {
        co_await self->converse(*client, number);
    }
    catch (std::exception const&)
    {
        // the script's; its connection ends, the others don't
    }
    client->close();
    --self->open_connections;
    self->open_.erase(place);
}

asio::awaitable<void> origin::state::converse(origin_connection& client, std::uint64_t number)
{
    auto is_open = co_await client.handshake();
    if (is_open && greeting_)
    {
        request nothing;
        nothing.connection = number;
        auto steps = greeting_(nothing);
        is_open = co_await client.play(std::move(steps));
    }
    while (is_open)
    {
        auto const was_ahead = client.has_more();
        auto head = co_await client.read_head();
        if (head.empty())
            co_return;
        auto asked = request_of(std::move(head));
        asked.connection = number;
        asked.was_ahead = was_ahead;
        auto steps = answer(asked);
        is_open = co_await client.play(std::move(steps));
    }
}

std::vector<step> origin::state::answer(request& asked)
{
    asked.index = static_cast<std::uint64_t>(requests++);
    {
        std::lock_guard const lock(mutex_);
        heads_.push_back(asked.text);
    }
    if (is_silent)
        return {};
    return answers_(asked);
}

origin::origin(asio::io_context& context, server answers, origin_options options)
    : state_(std::make_shared<state>(context, std::move(answers), std::move(options)))
{
    state_->start();
}

origin::origin(asio::io_context& context, std::string content, origin_options options)
    : origin(context, serve(std::move(content)), std::move(options))
{}

origin::~origin()
{
    close();
}

void origin::close()
{
    state_->close();
}

void origin::set_silent(bool silent) noexcept
{
    state_->is_silent = silent;
}

std::string origin::url(std::string const& path) const
{
    return url_at("127.0.0.1", path);
}

std::string origin::url_at(std::string const& host, std::string const& path) const
{
    auto const* const scheme = state_->has_tls() ? "https://" : "http://";
    return scheme + host + ':' + std::to_string(state_->port()) + path;
}

std::uint16_t origin::port() const noexcept
{
    return state_->port();
}

bool origin::has_ipv6() const noexcept
{
    return state_->has_ipv6();
}

int origin::requests() const noexcept
{
    return state_->requests;
}

int origin::connections() const noexcept
{
    return state_->connections;
}

int origin::open_connections() const noexcept
{
    return state_->open_connections;
}

std::uint64_t origin::bytes_sent() const noexcept
{
    return state_->bytes_sent;
}

std::vector<std::string> origin::heads() const
{
    return state_->heads();
}

origin_thread::origin_thread(server answers, origin_options options)
    : served_(context_, std::move(answers), std::move(options))
    , thread_([this] { context_.run(); })
{}

origin_thread::~origin_thread()
{
    context_.stop();
    thread_.join();
}

} // namespace webseed::test
