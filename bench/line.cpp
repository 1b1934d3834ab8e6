// A long line on loopback: a proxy that gives servers of this machine a rate and a round trip.
//
//   line MBIT_A_SECOND ROUND_TRIP_MS BUFFER_KIB PORT[:BYTES]...
//
// Says for each port of a server the port at which it is reached over the line, and ends when its input does. All
// connections share the rate, in the order in which their bytes come. A connection costs a round trip before its first
// request is on its way. What a server has sent stays in its buffer until its acknowledgement would be back, so that no
// connection is faster than a buffer a round trip. There is no loss, and no slow start. A server with BYTES falls
// silent when it has sent so many: its connections stay, and so do those that are made to it later, until a line of
// input says that all servers begin anew.
#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <deque>
#include <exception>
#include <limits>
#include <memory>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

namespace {

using time_clock = std::chrono::steady_clock;
using time_point = time_clock::time_point;
using duration = time_clock::duration;

constexpr std::size_t block_size = 64 * 1024;
constexpr auto for_ever = std::numeric_limits<std::uint64_t>::max();

[[noreturn]] void fail(char const* what)
{
    throw std::system_error(errno, std::generic_category(), what);
}

class descriptor
{
public:
    explicit descriptor(int number)
        : number_(number)
    {
        if (number < 0)
            fail("socket");
    }
    descriptor(descriptor&& other) noexcept
        : number_(std::exchange(other.number_, -1))
    {}
    descriptor& operator=(descriptor&&) = delete;
    ~descriptor()
    {
        if (number_ >= 0)
            ::close(number_);
    }
    int get() const noexcept { return number_; }

private:
    int number_;
};

sockaddr_in local(std::uint16_t port)
{
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return address;
}

struct line_options
{
    double bytes_per_second = 0;
    duration one_way{};
    std::size_t buffer_size = 0;
};

/// What is on its way from one socket to another.
class lane
{
public:
    /// @param free_at  when the line can take more; null: it always can.
    /// @param left     bytes until its sender falls silent; shared by all that have the same sender.
    lane(
        int from, int to, time_point not_before, line_options const& options, time_point* free_at,
        std::shared_ptr<std::uint64_t> left)
        : from_(from)
        , to_(to)
        , not_before_(not_before)
        , options_(options)
        , free_at_(free_at)
        , left_(std::move(left))
    {}

    /// All is there, and so is its end; or whom it is for has gone.
    bool is_over() const noexcept { return is_over_; }
    int from() const noexcept { return from_; }
    bool is_silent() const noexcept { return *left_ == 0; }

    /// Whether there will be something to do without anything to read.
    bool is_busy() const noexcept { return !blocks_.empty() || has_ended_ || held_ >= options_.buffer_size; }

    /// One block. False: there was nothing.
    bool read(time_point now)
    {
        for (; !acknowledged_.empty() && acknowledged_.front().at <= now; acknowledged_.pop_front())
            held_ -= acknowledged_.front().size;
        if (has_ended_ || is_silent() || held_ >= options_.buffer_size)
            return false;
        if (!spare_)
            spare_ = std::make_unique_for_overwrite<std::byte[]>(block_size);
        auto const size_max = std::min<std::uint64_t>(block_size, *left_);
        auto const got = ::recv(from_, spare_.get(), size_max, MSG_DONTWAIT);
        if (got < 0 && (errno == EAGAIN || errno == EINTR))
            return false;
        has_ended_ = got <= 0;
        auto const size = static_cast<std::size_t>(std::max<ssize_t>(got, 0));
        *left_ -= size;
        auto sent_at = now;
        if (free_at_)
        {
            std::chrono::duration<double> const takes(static_cast<double>(size) / options_.bytes_per_second);
            *free_at_ = std::max(*free_at_, now) + std::chrono::duration_cast<duration>(takes);
            sent_at = *free_at_;
        }
        auto const at = std::max(sent_at, not_before_) + options_.one_way;
        if (size != 0)
            acknowledged_.push_back({at + options_.one_way, size});
        blocks_.push_back({at, std::move(spare_), size});
        held_ += size;
        return !has_ended_;
    }

    /// All that has arrived.
    void write(time_point now)
    {
        while (!is_over_ && !blocks_.empty() && blocks_.front().at <= now)
        {
            auto& block = blocks_.front();
            if (block.size == 0)
            {
                ::shutdown(to_, SHUT_WR);
                is_over_ = true;
                return;
            }
            auto const put =
                ::send(to_, block.bytes.get() + written_, block.size - written_, MSG_DONTWAIT | MSG_NOSIGNAL);
            if (put < 0 && (errno == EAGAIN || errno == EINTR))
                return;
            is_over_ = put < 0;
            written_ += static_cast<std::size_t>(std::max<ssize_t>(put, 0));
            if (written_ != block.size)
                return;
            written_ = 0;
            spare_ = std::move(block.bytes);
            blocks_.pop_front();
        }
    }

private:
    struct sent_block
    {
        time_point at;
        std::unique_ptr<std::byte[]> bytes;
        std::size_t size = 0; // 0: the end
    };
    struct acknowledgement
    {
        time_point at;
        std::size_t size = 0;
    };

    int from_;
    int to_;
    time_point not_before_;
    line_options const& options_;
    time_point* free_at_;
    std::shared_ptr<std::uint64_t> left_;
    std::deque<sent_block> blocks_;
    std::deque<acknowledgement> acknowledged_;
    std::unique_ptr<std::byte[]> spare_;
    std::size_t held_ = 0;
    std::size_t written_ = 0;
    bool has_ended_ = false;
    bool is_over_ = false;
};

struct connection
{
    connection(
        descriptor near_one, descriptor far_one, line_options const& options, time_point& free_at,
        std::shared_ptr<std::uint64_t> left)
        : client(std::move(near_one))
        , server(std::move(far_one))
        , up(client.get(), server.get(), time_clock::now() + 2 * options.one_way, options, nullptr,
             std::make_shared<std::uint64_t>(for_ever))
        , down(server.get(), client.get(), {}, options, &free_at, std::move(left))
    {}

    bool is_over() const noexcept { return up.is_over() || down.is_over(); }

    descriptor client;
    descriptor server;
    lane up;
    lane down;
};

struct gate
{
    descriptor listener;
    std::uint16_t leads_to = 0;
    std::uint64_t whole = for_ever;      // bytes until its server falls silent
    std::shared_ptr<std::uint64_t> left; // of those
};

/// @param where  PORT or PORT:BYTES.
gate open_gate(std::string const& where)
{
    auto const colon = where.find(':');
    auto const whole = colon == where.npos ? for_ever : std::stoull(where.substr(colon + 1));
    gate made{
        descriptor(::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0)), static_cast<std::uint16_t>(std::stoul(where)),
        whole, std::make_shared<std::uint64_t>(whole)};
    auto address = local(0);
    socklen_t size = sizeof(address);
    auto* const raw = reinterpret_cast<sockaddr*>(&address);
    if (::bind(made.listener.get(), raw, size) != 0 || ::listen(made.listener.get(), 4096) != 0 ||
        ::getsockname(made.listener.get(), raw, &size) != 0)
        fail("listen");
    std::printf("%u\n", static_cast<unsigned>(ntohs(address.sin_port)));
    return made;
}

std::unique_ptr<connection> accept_at(gate const& at, line_options const& options, time_point& free_at)
{
    auto const taken = ::accept4(at.listener.get(), nullptr, nullptr, SOCK_NONBLOCK);
    if (taken < 0)
        return nullptr;
    descriptor client(taken);
    descriptor server(::socket(AF_INET, SOCK_STREAM, 0));
    auto const address = local(at.leads_to);
    if (::connect(server.get(), reinterpret_cast<sockaddr const*>(&address), sizeof(address)) != 0)
        return nullptr;
    int const on = 1;
    ::setsockopt(server.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
    ::setsockopt(client.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
    return std::make_unique<connection>(std::move(client), std::move(server), options, free_at, at.left);
}

void carry(std::vector<std::unique_ptr<connection>>& connections)
{
    auto const now = time_clock::now();
    for (auto& each : connections)
        for (auto* const lane : {&each->up, &each->down})
            lane->write(now);
    for (bool goes_on = true; goes_on;) // a block of each in turn
    {
        goes_on = false;
        for (auto& each : connections)
            for (auto* const lane : {&each->up, &each->down})
                goes_on = lane->read(now) || goes_on;
    }
    std::erase_if(connections, [](auto const& each) { return each->is_over(); });
}

// Until there is something to do. While bytes are on their way it looks for more every millisecond and at nothing else,
// so that it takes little of the machine that is measured. With a line of input all servers begin anew. False: it has
// ended.
bool wait(std::vector<gate> const& gates, std::vector<std::unique_ptr<connection>> const& connections)
{
    std::vector<pollfd> polled{{STDIN_FILENO, POLLIN, 0}};
    auto const is_busy =
        std::ranges::any_of(connections, [](auto const& each) { return each->up.is_busy() || each->down.is_busy(); });
    for (auto const& each : gates)
        if (!is_busy)
            polled.push_back({each.listener.get(), POLLIN, 0});
    for (auto const& each : connections)
        for (auto const* const lane : {&each->up, &each->down})
            if (!is_busy && !lane->is_silent())
                polled.push_back({lane->from(), POLLIN, 0});
    if (::poll(polled.data(), polled.size(), is_busy ? 1 : -1) < 0 && errno != EINTR)
        fail("poll");
    if (polled[0].revents == 0)
        return true;
    char ignored[64];
    if (::read(STDIN_FILENO, ignored, sizeof(ignored)) <= 0)
        return false;
    for (auto const& each : gates)
        *each.left = each.whole;
    return true;
}

void run(line_options const& options, std::vector<gate> const& gates)
{
    std::vector<std::unique_ptr<connection>> connections;
    time_point free_at{};
    while (wait(gates, connections))
    {
        for (auto const& each : gates)
            while (auto made = accept_at(each, options, free_at))
                connections.push_back(std::move(made));
        carry(connections);
    }
}

} // namespace

int main(int count, char** arguments)
{
    if (count < 5)
    {
        std::fprintf(stderr, "usage: line MBIT_A_SECOND ROUND_TRIP_MS BUFFER_KIB PORT[:BYTES]...\n");
        return 2;
    }
    try
    {
        line_options options;
        options.bytes_per_second = std::atof(arguments[1]) * 1e6 / 8;
        options.one_way = std::chrono::microseconds(std::atoll(arguments[2]) * 500);
        options.buffer_size = static_cast<std::size_t>(std::atoll(arguments[3])) * 1024;
        std::vector<gate> gates;
        for (int i = 4; i != count; ++i)
            gates.push_back(open_gate(arguments[i]));
        std::fflush(stdout);
        run(options, gates);
        return 0;
    }
    catch (std::exception const& error)
    {
        std::fprintf(stderr, "line: %s\n", error.what());
        return 1;
    }
}
