// The requesters as operating-system threads: the design that the coroutines are measured against. The same plan
// decides, and each claim goes the same way: ask, then for each buffer receive, digest, write, and tell the plan. Here
// the state is behind a mutex that is let go around all I/O, a requester sleeps on a condition variable, and each has
// a thread, a blocking socket with timeouts and a buffer of 256 KiB for its own.
//
// It fetches what the torrent's web seeds have; it neither resumes nor makes empty files. Files are made as they are
// needed, directories before.
#include "http/seed_url.hpp"
#include "plan/plan.hpp"
#include "torrent/digest.hpp"
#include "torrent/layout.hpp"

#include <webseed/metainfo.hpp>

#include <fcntl.h>
#include <netdb.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <chrono>
#include <condition_variable>
#include <cstdio>
#include <deque>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <mutex>
#include <random>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <system_error>
#include <thread>
#include <utility>
#include <variant>
#include <vector>

namespace {

using namespace webseed;
using std::chrono::steady_clock;

constexpr std::size_t buffer_size = 256 * 1024;
constexpr timeval io_timeout{30, 0};

/// The seed, not the storage, is to blame.
struct seed_failure : std::runtime_error
{
    using std::runtime_error::runtime_error;
};

template <typename Number>
Number checked(Number result, char const* what)
{
    if (result < 0)
        throw std::system_error(errno, std::generic_category(), what);
    return result;
}

class descriptor
{
public:
    explicit descriptor(int value) noexcept
        : value_(value)
    {}
    descriptor(descriptor&& other) noexcept
        : value_(std::exchange(other.value_, -1))
    {}
    descriptor& operator=(descriptor&& other) noexcept
    {
        std::swap(value_, other.value_);
        return *this;
    }
    ~descriptor()
    {
        if (value_ >= 0)
            ::close(value_);
    }

    int get() const noexcept { return value_; }
    bool is_open() const noexcept { return value_ >= 0; }

private:
    int value_;
};

descriptor connect_to(endpoint const& to)
{
    addrinfo hints{};
    hints.ai_socktype = SOCK_STREAM;
    addrinfo* found = nullptr;
    if (::getaddrinfo(to.host.c_str(), std::to_string(to.port).c_str(), &hints, &found) != 0)
        throw seed_failure("the name is not known");
    std::unique_ptr<addrinfo, void (*)(addrinfo*)> const addresses(found, ::freeaddrinfo);
    for (auto const* address = found; address != nullptr; address = address->ai_next)
    {
        descriptor made(::socket(address->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0));
        if (!made.is_open())
            continue;
        ::setsockopt(made.get(), SOL_SOCKET, SO_RCVTIMEO, &io_timeout, sizeof io_timeout);
        ::setsockopt(made.get(), SOL_SOCKET, SO_SNDTIMEO, &io_timeout, sizeof io_timeout);
        if (::connect(made.get(), address->ai_addr, address->ai_addrlen) == 0)
            return made;
    }
    throw seed_failure("no connection");
}

/// One keep-alive connection and its buffer.
class connection
{
public:
    explicit connection(http::seed_url const& seed)
        : seed_(seed)
        , buffer_(std::make_unique_for_overwrite<std::byte[]>(buffer_size))
    {}

    /// Asks for a slice of a file and reads the head of the response.
    void ask(metainfo const& torrent, torrent::file_slice const& part)
    {
        if (!socket_.is_open())
            socket_ = connect_to(seed_.where());
        auto const& file = torrent.files()[to_number(part.file)];
        auto request =
            "GET " + seed_.target_of(torrent, part.file) + " HTTP/1.1\r\nHost: " + seed_.host_field() + "\r\n";
        bool const whole = part.size == file.size;
        if (!whole)
            request += "Range: bytes=" + std::to_string(part.offset) + '-' +
                       std::to_string(part.offset + part.size - 1) + "\r\n";
        request += "\r\n";
        if (::send(socket_.get(), request.data(), request.size(), MSG_NOSIGNAL) != std::ssize(request))
            throw seed_failure("the request could not be sent");

        std::size_t received = 0;
        std::string_view head;
        std::size_t end = 0;
        while ((end = head.find("\r\n\r\n")) == head.npos)
        {
            received += receive({buffer_.get() + received, buffer_size - received});
            head = {reinterpret_cast<char const*>(buffer_.get()), received};
        }
        auto const body = end + 4;
        unread_ = {buffer_.get() + body, received - body};
        check_head(head.substr(0, body), whole ? "HTTP/1.1 200" : "HTTP/1.1 206", part.size);
    }

    /// The next bytes of the body, at most `size`; valid until the next call.
    std::span<std::byte const> read(std::uint64_t size)
    {
        if (unread_.empty())
            unread_ = {buffer_.get(), receive({buffer_.get(), std::min<std::uint64_t>(size, buffer_size)})};
        auto const bytes = unread_.first(std::min<std::uint64_t>(unread_.size(), size));
        unread_ = unread_.subspan(bytes.size());
        return bytes;
    }

    void close() noexcept
    {
        socket_ = descriptor(-1);
        unread_ = {};
    }

private:
    std::size_t receive(std::span<std::byte> into)
    {
        auto const count = ::recv(socket_.get(), into.data(), into.size(), 0);
        if (count <= 0)
            throw seed_failure("the response broke off, or its head is too long");
        return static_cast<std::size_t>(count);
    }

    static void check_head(std::string_view head, std::string_view status, std::uint64_t size)
    {
        constexpr std::string_view name = "\r\nContent-Length: ";
        auto const field = head.find(name);
        std::uint64_t length = 0;
        if (field != head.npos)
            std::from_chars(head.data() + field + name.size(), head.data() + head.size(), length);
        if (!head.starts_with(status) || length != size)
            throw seed_failure("not the response that was expected");
    }

    http::seed_url const& seed_;
    descriptor socket_{-1};
    std::unique_ptr<std::byte[]> buffer_;
    std::span<std::byte const> unread_;
};

/// What all requesters share.
struct download
{
    download(metainfo const& content, std::string directory)
        : pieces(content)
        , plan(pieces, {})
        , root(std::move(directory))
    {}

    std::string path_of(file_index file) const
    {
        return root + '/' + std::string(pieces.torrent().files()[to_number(file)].path);
    }

    struct sleeper
    {
        std::condition_variable condition;
        bool woken = false;
    };

    torrent::layout const pieces;
    std::mutex mutex;
    planning::plan plan;            // guarded by the mutex
    std::deque<sleeper> requesters; // guarded by the mutex, by requester id
    std::string const root;
};

class requester
{
public:
    requester(download& shared, http::seed_url const& seed, planning::requester_id id)
        : shared_(shared)
        , server_(seed)
        , id_(id)
        , random_(to_index(id))
    {}

    static std::size_t to_index(planning::requester_id id) { return static_cast<std::size_t>(id); }

    void run()
    {
        std::unique_lock lock(shared_.mutex);
        for (;;)
        {
            auto const action = shared_.plan.next(id_, steady_clock::now());
            wake_others();
            if (std::holds_alternative<planning::leave>(action))
                return;
            if (auto const* const pause = std::get_if<planning::wait>(&action))
            {
                auto& self = shared_.requesters[to_index(id_)];
                self.condition.wait_until(lock, pause->until, [&] { return self.woken; });
                self.woken = false;
                continue;
            }
            lock.unlock();
            auto const result = serve(std::get<planning::fetch>(action).work.parts);
            lock.lock();
            shared_.plan.settle(id_, result, steady_clock::now(), random_());
            wake_others();
        }
    }

private:
    /// With the mutex held.
    void wake_others()
    {
        for (auto const id : shared_.plan.take_wakes())
        {
            auto& other = shared_.requesters[to_index(id)];
            other.woken = true;
            other.condition.notify_one();
        }
    }

    planning::outcome serve(torrent::piece_run work)
    {
        planning::outcome result;
        auto const begin = steady_clock::now();
        piece_ = work.first;
        good_ = 0;
        digest_.restart();
        try
        {
            auto const range = shared_.pieces.range_of(work);
            bool go_on = true;
            for (auto offset = range.offset; offset < range.end() && go_on;)
            {
                auto const part = shared_.pieces.slice_at(offset, range.end() - offset);
                go_on = fetch(part, offset, result.bytes);
                offset += part.size;
            }
            if (!go_on)
            {
                server_.close();
                result.kind = planning::outcome_kind::stopped;
            }
        }
        catch (seed_failure const& failure)
        {
            fail(failure);
            result.kind = planning::outcome_kind::failed;
        }
        catch (std::system_error const& failure)
        {
            fail(failure);
            result.kind = planning::outcome_kind::storage_failed;
        }
        result.took = steady_clock::now() - begin;
        return result;
    }

    void fail(std::exception const& failure)
    {
        std::fprintf(stderr, "threads: %s\n", failure.what());
        server_.close();
    }

    /// False if the plan wants no more of the claim.
    bool fetch(torrent::file_slice const& part, std::uint64_t offset, std::uint64_t& received)
    {
        if (part.pad)
        {
            static constexpr std::array<std::byte, 4096> zeros{};
            for (std::uint64_t done = 0; done < part.size; done += zeros.size())
                if (!verify(std::span(zeros).first(std::min(zeros.size(), part.size - done)), offset + done))
                    return false;
            return true;
        }
        server_.ask(shared_.pieces.torrent(), part);
        descriptor const out(
            checked(::open(shared_.path_of(part.file).c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0666), "open"));
        for (std::uint64_t done = 0; done < part.size;)
        {
            auto const bytes = server_.read(part.size - done);
            received += bytes.size();
            write_all(out.get(), bytes, part.offset + done);
            if (!verify(bytes, offset + done))
                return false;
            done += bytes.size();
        }
        return true;
    }

    static void write_all(int out, std::span<std::byte const> bytes, std::uint64_t offset)
    {
        while (!bytes.empty())
        {
            auto const count = checked(::pwrite(out, bytes.data(), bytes.size(), static_cast<off_t>(offset)), "pwrite");
            bytes = bytes.subspan(static_cast<std::size_t>(count));
            offset += static_cast<std::uint64_t>(count);
        }
    }

    /// Digests the bytes at `offset` of the content, and tells the plan of the pieces that end in them: once a buffer.
    bool verify(std::span<std::byte const> bytes, std::uint64_t offset)
    {
        while (!bytes.empty())
        {
            auto const range = shared_.pieces.range_of(piece_index(piece_));
            auto const part = bytes.first(std::min<std::uint64_t>(bytes.size(), range.end() - offset));
            digest_.update(part);
            bytes = bytes.subspan(part.size());
            offset += part.size();
            if (offset < range.end())
                continue;
            if (digest_.finish() == shared_.pieces.torrent().piece_hashes()[piece_++])
                ++good_;
            else if (!report(true))
                return false;
        }
        return good_ == 0 || report(false);
    }

    bool report(bool then_bad)
    {
        std::scoped_lock const lock(shared_.mutex);
        auto const answer = shared_.plan.report(id_, std::exchange(good_, 0), then_bad);
        wake_others();
        return answer.go_on;
    }

    download& shared_;
    connection server_;
    planning::requester_id id_;
    std::minstd_rand random_;
    torrent::sha1_digest digest_;
    std::uint32_t piece_ = 0; // whose bytes come next
    std::uint32_t good_ = 0;  // pieces not yet reported
};

metainfo read_torrent(char const* path)
{
    std::ifstream stream(path, std::ios::binary);
    std::string const bytes{std::istreambuf_iterator<char>(stream), {}};
    return metainfo::parse(std::as_bytes(std::span(bytes))).value();
}

void make_directories(download const& shared)
{
    std::filesystem::path last;
    for (std::uint32_t i = 0; i < shared.pieces.torrent().files().size(); ++i)
    {
        auto parent = std::filesystem::path(shared.path_of(file_index(i))).parent_path();
        if (parent == last)
            continue;
        std::filesystem::create_directories(parent);
        last = std::move(parent);
    }
}

bool run(char const* torrent_path, char const* directory, int per_seed)
{
    download shared(read_torrent(torrent_path), directory);
    make_directories(shared);
    std::deque<http::seed_url> seeds;
    for (auto const& url : shared.pieces.torrent().web_seeds())
        seeds.push_back(http::seed_url::parse(url).value());
    {
        std::deque<requester> requesters;
        std::vector<std::jthread> threads; // joined before what they use is gone
        for (auto const& seed : seeds)
        {
            auto const id = shared.plan.add_seed();
            for (int i = 0; i < per_seed; ++i)
            {
                requesters.emplace_back(shared, seed, shared.plan.add_requester(id));
                shared.requesters.emplace_back();
            }
        }
        for (auto& one : requesters)
            threads.emplace_back([&one] { one.run(); });
    }
    return shared.plan.is_complete();
}

} // namespace

int main(int count, char** arguments)
{
    if (count != 4)
    {
        std::fprintf(stderr, "usage: threads TORRENT DIRECTORY REQUESTERS-PER-SEED\n");
        return 2;
    }
    try
    {
        return run(arguments[1], arguments[2], std::stoi(arguments[3])) ? 0 : 1;
    }
    catch (std::exception const& error)
    {
        std::fprintf(stderr, "threads: %s\n", error.what());
        return 1;
    }
}
